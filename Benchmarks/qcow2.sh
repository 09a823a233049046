#!/bin/bash
# Compares `ingot convert` with `qemu-img convert` on one raw disk image: time, processor time, peak memory, file size.
#
#   Benchmarks/qcow2.sh [RAW-IMAGE]      see common.sh for the variables
set -eu -o pipefail
. "$(dirname "$0")/common.sh"

measure 'qemu-img convert -c' "qemu-img convert -f raw -c -O qcow2 '$raw' {}"
measure 'ingot convert' "'$ingot' convert -f raw -O qcow2 '$raw' {}"
measure 'ingot convert --compression zstd' "'$ingot' convert -f raw -O qcow2 --compression zstd '$raw' {}"
measure 'qemu-img convert -c -W -m 2' "qemu-img convert -f raw -c -W -m 2 -O qcow2 '$raw' {}"
measure 'qemu-img convert -c -W -m 16' "qemu-img convert -f raw -c -W -m 16 -O qcow2 '$raw' {}"
measure 'qemu-img convert -c -o compression_type=zstd' "qemu-img convert -f raw -c -o compression_type=zstd -O qcow2 '$raw' {}"
measure 'qemu-img convert -c -W -m 16 -o compression_type=zstd' \
    "qemu-img convert -f raw -c -W -m 16 -o compression_type=zstd -O qcow2 '$raw' {}"
run_rounds

for options in '--compression deflate' '--compression zstd'; do
    # shellcheck disable=SC2086
    "$ingot" convert -f raw -O qcow2 $options "$raw" "$work/judged" >/dev/null
    qemu-img check -q "$work/judged"
    qemu-img compare -q -f raw -F qcow2 "$raw" "$work/judged"
done
describe
printf '\n| to qcow2 | seconds | processor s | peak MiB | file MiB | speed | size |\n|---|--:|--:|--:|--:|--:|--:|\n'
for i in "${!commands[@]}"; do
    row "$i" "$(printf '%.2f×' "$(ratio "$(result 0 mean)" "$(result "$i" mean)")")" "$(ratio "$(size "$i")" "$(size 0)")"
done
