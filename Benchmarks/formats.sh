#!/bin/bash
# Compares `ingot convert` with `qemu-img convert` for vhd, vmdk, vdi and vhdx: time, processor time, peak memory, file size.
#
#   Benchmarks/formats.sh [RAW-IMAGE]      see common.sh for the variables
set -eu -o pipefail
. "$(dirname "$0")/common.sh"

pair() {
    measure "qemu-img convert -O $1${3:+ -o $3}" "qemu-img convert -f raw -O $1${3:+ -o $3} '$raw' {}"
    measure "ingot convert -O $2" "'$ingot' convert -f raw -O $2 '$raw' {}"
}
pair vpc vhd force_size=on
pair vmdk vmdk subformat=streamOptimized
pair vdi vdi ''
pair vhdx vhdx ''
run_rounds

for format in vhd vmdk vdi vhdx; do
    "$ingot" convert -f raw -O "$format" "$raw" "$work/judged" >/dev/null
    [ "$format" != vhd ] || format=vpc
    qemu-img compare -q -f raw -F "$format" "$raw" "$work/judged"
done
describe
printf '\n| to | seconds | processor s | peak MiB | file MiB | speed | size |\n|---|--:|--:|--:|--:|--:|--:|\n'
for i in "${!commands[@]}"; do
    base=$((i / 2 * 2))
    row "$i" "$(printf '%.2f×' "$(ratio "$(result "$base" mean)" "$(result "$i" mean)")")" "$(ratio "$(size "$i")" "$(size "$base")")"
done
