#!/bin/bash
# Compares several formats in one pass with each of them alone, and with qemu-img, one after the other.
#
#   Benchmarks/one-pass.sh [RAW-IMAGE]     see common.sh for the variables
#
#   FORMATS  what is written (default: qcow2,raw,vhd,vmdk)
set -eu -o pipefail
. "$(dirname "$0")/common.sh"
formats=${FORMATS:-qcow2,raw,vhd,vmdk}

# qemu-img's name of a format, with what makes it like ours.
qemu_arguments() {
    case $1 in
        qcow2) echo '-c -O qcow2' ;;
        vhd) echo '-O vpc -o force_size=on' ;;
        vmdk) echo '-O vmdk -o subformat=streamOptimized' ;;
        *) echo "-O $1" ;;
    esac
}

IFS=, read -r -a list <<<"$formats"
all=()
for format in "${list[@]}"; do
    measure "ingot convert -O $format" "'$ingot' convert -f raw -O $format '$raw' {}"
    all+=("qemu-img convert -f raw $(qemu_arguments "$format") '$raw' {}.$format")
done
measure "ingot convert -O $formats" "'$ingot' convert -f raw -O $formats '$raw' {}"
measure "qemu-img convert, one by one" "sh -ec \"$(printf '%s; ' "${all[@]}")\""
run_rounds

"$ingot" convert -f raw -O "$formats" "$raw" "$work/judged" >/dev/null
for format in "${list[@]}"; do "$ingot" image compare -q -f raw "$raw" "$work/judged.$format"; done
slowest=0
for i in "${!list[@]}"; do slowest=$(jq -n "[$slowest, $(result "$i" mean)] | max"); done
describe
printf '\n| to | seconds | processor s | peak MiB | files MiB | of the slowest alone |\n|---|--:|--:|--:|--:|--:|\n'
for i in "${!commands[@]}"; do row "$i" "$(ratio "$(result "$i" mean)" "$slowest")"; done
