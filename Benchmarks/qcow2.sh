#!/bin/bash
# Compares `ingot convert` with `qemu-img convert` on one raw disk image: time, processor time, peak memory, file size.
#
#   Benchmarks/qcow2.sh [RAW-IMAGE]      without an image, one is made of an ext4 file system with parts of this machine's /usr
#
#   INGOT    the program to measure (default: the release build of this checkout, built if it is missing)
#   ROUNDS   rounds (default 5), the best of which counts; commands alternate inside a round, so that other load hits all alike
#   WORK     folder for the images (default: a fresh one in $TMPDIR, removed at the end)
#   TSV      write the table there too
#
# Needs hyperfine, jq, qemu-img, and mke2fs when no image is given. `qemu-img convert` does not sync its output; ingot does.
# On a machine with other work, `chrt -r 5 Benchmarks/qcow2.sh` gives all commands the processors for themselves.
set -eu -o pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
rounds=${ROUNDS:-5}
ingot=${INGOT:-$checkout/.build/release/ingot}
work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/ingot-bench.XXXXXX")}
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"

for tool in hyperfine jq qemu-img; do
    command -v "$tool" >/dev/null || { echo "qcow2.sh: '$tool' is not installed" >&2; exit 1; }
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

names=() commands=()
measure() { names+=("$1") commands+=("$2"); }
measure 'qemu-img -c'            "qemu-img convert -f raw -c -O qcow2 '$raw' '$work/0.qcow2'"
measure 'ingot deflate'          "'$ingot' convert -f raw '$raw' '$work/1.qcow2'"
measure 'ingot zstd'             "'$ingot' convert -f raw --compression zstd '$raw' '$work/2.qcow2'"
measure 'qemu-img -c -W -m 16'   "qemu-img convert -f raw -c -W -m 16 -O qcow2 '$raw' '$work/3.qcow2'"
measure 'qemu-img zstd'          "qemu-img convert -f raw -c -o compression_type=zstd -O qcow2 '$raw' '$work/4.qcow2'"
measure 'qemu-img zstd -W -m 16' "qemu-img convert -f raw -c -W -m 16 -o compression_type=zstd -O qcow2 '$raw' '$work/5.qcow2'"

for round in $(seq "$rounds"); do
    for i in "${!commands[@]}"; do
        rm -f "$work/$i.qcow2"
        hyperfine --shell=none --runs 1 --style none --export-json "$work/$i.$round.json" "${commands[$i]}" >/dev/null 2>&1
    done
done

best() { jq -s "[.[].results[0].$2] | min" "$work/$1".*.json; }
peak() {
    command -v /usr/bin/time >/dev/null || { echo -; return; }
    rm -f "$work/peak.qcow2"
    eval "/usr/bin/time -f %M -o '$work/peak' ${commands[$1]//$work\/$1.qcow2/$work/peak.qcow2}" >/dev/null
    awk '{ printf "%.0f", $1 / 1024 }' "$work/peak"
    rm -f "$work/peak.qcow2"
}

table() {
    printf 'writer\tseconds\tcpu\tMiB\tpeak MiB\tspeed\tsize\n'
    local i base_time base_size seconds cpu size
    base_time=$(best 0 mean)
    base_size=$(stat -c %s "$work/0.qcow2")
    for i in "${!commands[@]}"; do
        seconds=$(best "$i" mean)
        cpu=$(jq -n "$(best "$i" user) + $(best "$i" system)")
        size=$(stat -c %s "$work/$i.qcow2")
        printf '%s\t%.2f\t%.2f\t%.1f\t%s\t%.2fx\t%.3f\n' "${names[$i]}" "$seconds" "$cpu" \
            "$(jq -n "$size / 1048576")" "$(peak "$i")" "$(jq -n "$base_time / $seconds")" "$(jq -n "$size / $base_size")"
    done
}

for i in 1 2; do
    qemu-img check -q "$work/$i.qcow2"
    qemu-img compare -q -f raw -F qcow2 "$raw" "$work/$i.qcow2"
done
echo "image: $raw, $(stat -c %s "$raw") bytes, $(du -m "$raw" | cut -f1) MiB of data; $(nproc) processors; best of $rounds rounds"
table >"$work/table.tsv"
column -t -s $'\t' "$work/table.tsv"
[ -z "${TSV:-}" ] || cp "$work/table.tsv" "$TSV"
