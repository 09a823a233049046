# Shared by the benchmarks of disk images: one raw disk, commands that alternate, medians, a table in Markdown.
#
#   INGOT    the program to measure (default: the release build of this checkout, built if it is missing)
#   ROUNDS   rounds (default 5); the commands alternate inside a round, so that other load hits all alike, and the median counts
#   WORK     folder for the images (default: a fresh one in $TMPDIR, removed at the end)
#
# Without an image, one is made of an ext4 file system with parts of this machine's /usr. Needs hyperfine, jq, qemu-img, GNU time,
# and mke2fs when no image is given. On a machine with other work, `chrt -r 5 Benchmarks/….sh` gives all commands the processors
# for themselves. `qemu-img convert` does not sync its output; ingot does.
# shellcheck shell=bash

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rounds=${ROUNDS:-5}
ingot=${INGOT:-$checkout/.build/release/ingot}
work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/ingot-bench.XXXXXX")}
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"

for tool in hyperfine jq qemu-img; do
    command -v "$tool" >/dev/null || { echo "${0##*/}: '$tool' is not installed" >&2; exit 1; }
done
[ -x /usr/bin/time ] || { echo "${0##*/}: GNU time is not installed" >&2; exit 1; }
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
# measure NAME COMMAND: {} in the command stands for its output, of which there may be several ({}.vhd).
measure() { names+=("$1") commands+=("${2//'{}'/$work/$((${#names[@]} - 1)).out}"); }

# Runs all of them, in turn; the outputs of the last round stay until the next command of that number.
run_rounds() {
    local round i
    rm -f "$work"/*.json "$work"/*.peak "$work"/*.size
    for round in $(seq "$rounds"); do
        for i in "${!commands[@]}"; do
            rm -f "$work"/*.out*
            /usr/bin/time -f %M -o "$work/$i.$round.peak" hyperfine --shell=none --runs 1 --style none \
                --export-json "$work/$i.$round.json" "${commands[$i]}" >/dev/null 2>&1
            stat -c %s "$work/$i".out* | awk '{ s += $1 } END { print s }' >"$work/$i.size"
        done
    done
}

# result NUMBER FIELD: the median over the rounds.
result() { jq -s "[.[].results[0].$2] | sort | .[(length - 1) / 2 | floor]" "$work/$1".[0-9]*.json; }
processor() { jq -s '[.[].results[0] | .user + .system] | sort | .[(length - 1) / 2 | floor]' "$work/$1".[0-9]*.json; }
size() { cat "$work/$1.size"; }
# The largest resident size of any round, MiB; GNU time counts the command among hyperfine's children.
peak() { sort -n "$work/$1".*.peak | tail -n 1 | awk '{ printf "%.0f", $1 / 1024 }'; }
ratio() { jq -n "$1 / $2 * 1000 | round / 1000"; }

describe() {
    printf '%s MiB of data in a disk of %s MiB; %s processors (%s), %s; median of %s rounds.\n' \
        "$(du -m "$raw" | cut -f1)" "$(($(stat -c %s "$raw") / 1048576))" "$(nproc)" \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(qemu-img --version | head -n 1 | cut -d' ' -f1-3)" \
        "$rounds"
}

# row NUMBER EXTRA…: one line of a table.
row() {
    local i=$1
    shift
    # shellcheck disable=SC2016
    printf '| `%s` | %.2f | %.2f | %s | %.1f |' "${names[$i]}" "$(result "$i" mean)" "$(processor "$i")" "$(peak "$i")" \
        "$(jq -n "$(size "$i") / 1048576")"
    printf ' %s |' "$@"
    printf '\n'
}
