#!/bin/bash
# Compares several formats in one pass with each of them alone: time, processor time, peak memory; and with qemu-img.
#
#   Benchmarks/one-pass.sh [RAW-IMAGE]    without an image, one is made of an ext4 file system with parts of this machine's /usr
#
#   INGOT    the program to measure (default: the release build of this checkout, built if it is missing)
#   FORMATS  what is written (default: qcow2,raw,vhd,vmdk)
#   ROUNDS   rounds (default 5), the best of which counts; commands alternate inside a round, so that other load hits all alike
#   WORK     folder for the images (default: a fresh one in $TMPDIR, removed at the end)
#
# Needs hyperfine, jq, qemu-img, GNU time, and mke2fs when no image is given. `qemu-img convert` does not sync its output.
# On a machine with other work, `chrt -r 5 Benchmarks/one-pass.sh` gives all commands the processors for themselves.
set -eu -o pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
rounds=${ROUNDS:-5}
formats=${FORMATS:-qcow2,raw,vhd,vmdk}
ingot=${INGOT:-$checkout/.build/release/ingot}
work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/ingot-bench.XXXXXX")}
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"

for tool in hyperfine jq qemu-img; do
    command -v "$tool" >/dev/null || { echo "one-pass.sh: '$tool' is not installed" >&2; exit 1; }
done
[ -x "$ingot" ] || (cd "$checkout" && swift build -c release --product ingot >&2)

# An image as a build makes it: programs, libraries, documentation; files, not random bytes.
make_image() {
    mkdir -p "$work/tree/usr"
    local part
    for part in bin sbin lib/python3 lib/modules lib/git-core share/perl share/doc share/locale share/vim; do
        [ -d "/usr/$part" ] || continue
        mkdir -p "$work/tree/usr/$(dirname "$part")"
        cp -a "/usr/$part" "$work/tree/usr/$part"
    done
    find "/usr/lib/$(uname -m)-linux-gnu" -maxdepth 1 -name '*.so*' -size -40M -exec cp -a -t "$work/tree/usr" {} +
    local mebibytes
    mebibytes=$(du -sm "$work/tree" | cut -f1)
    truncate -s $((mebibytes * 2 + 64))M "$1"
    mke2fs -q -t ext4 -d "$work/tree" "$1"
    rm -rf "$work/tree"
}

raw=${1:-}
if [ -z "$raw" ]; then
    raw=$work/disk.raw
    [ -f "$raw" ] || make_image "$raw"
fi
cat "$raw" >/dev/null

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
names=() commands=()
measure() { names+=("$1") commands+=("$2"); }
all=()
for format in "${list[@]}"; do
    measure "ingot $format" "'$ingot' convert -f raw -O $format '$raw' '$work/alone.$format'"
    all+=("qemu-img convert -f raw $(qemu_arguments "$format") '$raw' '$work/qemu.$format'")
done
measure "ingot $formats" "'$ingot' convert -f raw -O $formats '$raw' '$work/together'"
measure "qemu-img, one by one" "sh -ec \"$(printf '%s; ' "${all[@]}")\""

for round in $(seq "$rounds"); do
    for i in "${!commands[@]}"; do
        rm -f "$work"/alone.* "$work"/together.* "$work"/qemu.*
        hyperfine --shell=none --runs 1 --style none --export-json "$work/$i.$round.json" "${commands[$i]}" >/dev/null 2>&1
    done
done

best() { jq -s "[.[].results[0].$2] | min" "$work/$1".*.json; }
peak() {
    command -v /usr/bin/time >/dev/null || { echo -; return; }
    eval "/usr/bin/time -f %M -o '$work/peak' ${commands[$1]}" >/dev/null
    awk '{ printf "%.0f", $1 / 1024 }' "$work/peak"
}

slowest=0
for i in "${!list[@]}"; do
    slowest=$(jq -n "[$slowest, $(best "$i" mean)] | max")
done
printf 'what\tseconds\tcpu\tpeak MiB\tof the slowest alone\n' >"$work/table.tsv"
for i in "${!commands[@]}"; do
    seconds=$(best "$i" mean)
    printf '%s\t%.2f\t%.2f\t%s\t%.2f\n' "${names[$i]}" "$seconds" "$(jq -n "$(best "$i" user) + $(best "$i" system)")" \
        "$(peak "$i")" "$(jq -n "$seconds / $slowest")" >>"$work/table.tsv"
done

"$ingot" convert -f raw -O "$formats" "$raw" "$work/together" >/dev/null
for format in "${list[@]}"; do "$ingot" image compare -q -f raw "$raw" "$work/together.$format"; done
echo "image: $raw, $(stat -c %s "$raw") bytes, $(du -m "$raw" | cut -f1) MiB of data; $(nproc) processors; best of $rounds rounds"
column -t -s $'\t' "$work/table.tsv"
