#!/bin/bash
# Whole builds of `debian-minimal vm` to qcow2, by diskimage-builder and by Ingot in turn, on an otherwise idle machine.
#
#   Benchmarks/builds.sh [CASE...]      as root; cases: cold unchanged hook package six (default: all)
#
#   INGOT    the program to measure (default: the release build of this checkout)
#   PROGRAMS which of 'reference mkosi ingot' take turns (default: all; mkosi only where it is installed, and only cold)
#   ROUNDS   rounds (default 3); both programs take turns inside a round, and the median counts
#   PAGE     the page to write into (default: docs/performance.md), with the chart beside it
#   WORK     folder for caches and images (default: a fresh one in /var/tmp, removed at the end)
#
# The reference is diskimage-builder as `make conformance` fetches it, with mmdebstrap on the host, and with stand-ins for
# kpartx and dmsetup where the kernel has no device-mapper. Both take the same mirror and start each case from the same
# state: empty caches of their own for 'cold', those of the cold build for all others. Before each build, the image of the
# one before it is removed. Six images are six builds of the reference, one after another, and one `ingot build -f`.
#
# mkosi builds the packages that Ingot's image has into a disk of its own layout: with a boot loader where this kernel mounts
# EFI system partitions, else without. docs/performance.md gets the table and the chart.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
export CONFORMANCE_PROGRAM=${INGOT:-$folder/../.build/release/ingot}
# shellcheck source=scripts/conformance.d/common.bash
source "$folder/../scripts/conformance.d/common.bash"
"$kit/fetch"
rounds=${ROUNDS:-3}
work=${WORK:-$(mktemp -d /var/tmp/ingot-bench.XXXXXX)}
[[ -n ${WORK:-} ]] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{out,elements/bench-hook/post-install.d}
disk=$(lsblk -no PKNAME "$(findmnt -no SOURCE -T "$work")" 2>/dev/null | head -n 1)
disk=${disk:-$(basename "$(findmnt -no SOURCE -T "$work")")}

# What both programs build with; Debian's own security archive, unless the caller names another.
variables=(
    DIB_RELEASE=bookworm ARCH=amd64 DIB_DEBUG_TRACE=0 DIB_PYTHON_VERSION=3
    "DIB_DEBIAN_SECURITY_MIRROR=${DIB_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}"
)
[[ -z ${DIB_DISTRIBUTION_MIRROR:-} ]] || variables+=("DIB_DISTRIBUTION_MIRROR=$DIB_DISTRIBUTION_MIRROR")

# hook TEXT: the element whose last hook each run changes.
hook() {
    printf '#!/bin/bash\nset -eu\necho "%s" >/etc/bench\n' "$1" >"$work/elements/bench-hook/post-install.d/99-bench"
    chmod +x "$work/elements/bench-hook/post-install.d/99-bench"
}
for role in 1 2 3 4 5 6; do
    mkdir -p "$work/elements/bench-role-$role/install.d"
    printf '#!/bin/bash\nset -eu\necho %s >/etc/role\n' "$role" >"$work/elements/bench-role-$role/install.d/80-role"
    chmod +x "$work/elements/bench-role-$role/install.d/80-role"
done
hook first
# As an element should: what says nothing of its inputs may read anything, and is run in every build.
for element in "$work"/elements/*; do printf 'summary: Of a benchmark.\ninputs: []\n' >"$element/element.yaml"; done

{
    for role in 1 2 3 4 5 6; do
        printf -- '- {imagename: %s/out/role-%s, elements: [debian-minimal, vm, bench-role-%s]}\n' "$work" "$role" "$role"
    done
} >"$work/six.yaml"

# Sectors of 512 bytes that the disk has written.
written() { awk '{ print $7 }' "/sys/class/block/$disk/stat"; }

# build PROGRAM NAME ARGUMENT...: one image; the caches of a program stay in its folder.
build() {
    local program_name=$1 name=$2
    shift 2
    local place=("HOME=$work/$program_name" "XDG_CACHE_HOME=$work/$program_name/.cache" "ELEMENTS_PATH=$work/elements")
    rm -rf "$work/out/$name".*
    case $program_name in
        reference)
            if ! { command -v kpartx && dmsetup version; } >/dev/null 2>&1; then search_path=$kit/stand-ins:$search_path; fi
            clean "${variables[@]}" "${place[@]}" unshare --mount --propagation private \
                "$venv/bin/disk-image-create" -o "$work/out/$name" "$@"
            ;;
        mkosi) build_by_mkosi "$name" ;;
        ingot) clean "${variables[@]}" "${place[@]}" "$program" build --sizing compatible -o "$work/out/$name" "$@" ;;
    esac
}

# build_by_mkosi NAME: version 14, Debian 12's, which keeps nothing between builds unless it is told to.
build_by_mkosi() {
    local boots=()
    grep -qw vfat /proc/filesystems && boots=(--bootable)
    mkdir -p "$work/mkosi"
    (cd "$work/mkosi" && unshare --mount --propagation private env "PATH=$search_path" mkosi --force --distribution debian \
        --release bookworm --mirror "${DIB_DISTRIBUTION_MIRROR:-http://deb.debian.org/debian}" --format gpt_ext4 --qcow2 \
        "${boots[@]}" --package "$(cat "$work/packages")" --output "$work/out/$1.qcow2" build)
}

# run CASE PROGRAM: what is measured.
run() {
    local role
    case $1 in
        cold | unchanged) build "$2" image debian-minimal vm bench-hook ;;
        hook) build "$2" image debian-minimal vm bench-hook ;;
        package) build "$2" image debian-minimal vm bench-hook -p jq ;;
        six)
            if [[ $2 == ingot ]]; then
                rm -rf "$work/out/role-"*
                clean "${variables[@]}" "HOME=$work/ingot" "XDG_CACHE_HOME=$work/ingot/.cache" "ELEMENTS_PATH=$work/elements" \
                    "$program" build --plain --sizing compatible -f "$work/six.yaml"
            else
                for role in 1 2 3 4 5 6; do build "$2" "role-$role" debian-minimal vm "bench-role-$role"; done
            fi
            ;;
    esac
}

# measure CASE PROGRAM ROUND: prepares, runs, and notes seconds, processor seconds, peak KiB and bytes written.
measure() {
    local before after start status=0
    case $1 in
        cold) rm -rf "${work:?}/$2" && mkdir -p "$work/$2" && hook first ;;
        hook) hook "$2 round $3" ;;
        unchanged | package) hook first ;;
        six) rm -rf "${work:?}/$2" && mkdir -p "$work/$2" ;;
    esac
    [[ -e $work/$2 ]] || mkdir -p "$work/$2"
    sync
    before=$(written)
    start=$EPOCHREALTIME
    times_file=$work/times
    export -f build run clean hook build_by_mkosi
    /usr/bin/time -f '%U %S %M' -o "$times_file" bash -c "
        set -euo pipefail
        $(declare -p work kit venv store program search_path variables)
        run $1 $2" >"$work/$1.$2.log" 2>&1 || status=$?
    after=$EPOCHREALTIME
    ((status == 0)) || { tail -n 20 "$work/$1.$2.log" >&2 && say "$1 by $2 ended with status $status" && exit 1; }
    sync
    awk -v a="$start" -v b="$after" -v bytes=$((($(written) - before) * 512)) \
        'END { printf "%.2f %.2f %d %.0f\n", b - a, $1 + $2, $3, bytes }' "$times_file" >>"$work/$1.$2.figures"
    say "$1 by $2: $(tail -n 1 "$work/$1.$2.figures")"
}

# median CASE PROGRAM FIELD
median() {
    [[ -s $work/$1.$2.figures ]] || { echo 0 && return; }
    cut -d' ' -f"$3" "$work/$1.$2.figures" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() {
    local title=$1 case=$2 name=$3
    awk -v title="$title" -v name="$name" -v wall="$(median "$case" "$name" 1)" -v cpu="$(median "$case" "$name" 2)" \
        -v peak="$(median "$case" "$name" 3)" -v bytes="$(median "$case" "$name" 4)" \
        -v other="$(median "$case" reference 1)" 'BEGIN {
        ratio = other > 0 ? sprintf("%.3f", wall / other) : ""
        printf "| %s | %s | %.1f | %.1f | %.0f | %.0f | %s |\n", title, name, wall, cpu, peak / 1024, bytes / 1048576, ratio }'
}

# chart CASE...: seconds of every program as bars, on standard output as an image for the page.
chart() {
    local case name
    for case; do
        for name in $programs; do
            [[ ! -s $work/$case.$name.figures ]] || printf '%s\t%s\t%s\n' "${titles[$case]}" "$name" "$(median "$case" "$name" 1)"
        done
    done | awk -F'\t' '
        { title[NR] = $1; name[NR] = $2; wall[NR] = $3; if ($3 > longest) longest = $3 }
        END {
            printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 %d\" font-family=\"sans-serif\" font-size=\"13\">\n", NR * 26 + 20
            colour["reference"] = "#999"; colour["mkosi"] = "#c8a860"; colour["ingot"] = "#2a7ab0"
            for (row = 1; row <= NR; row++) {
                y = row * 26 - 6
                if (title[row] != title[row - 1]) printf "<text x=\"4\" y=\"%d\">%s</text>\n", y + 9, title[row]
                width = wall[row] / longest * 330; if (width < 1) width = 1
                printf "<rect x=\"350\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"%s\"/>", y - 4, width, colour[name[row]]
                printf "<text x=\"%.1f\" y=\"%d\">%.1f s</text>", 356 + width, y + 10, wall[row]
                printf "<text x=\"344\" y=\"%d\" text-anchor=\"end\" fill=\"#555\">%s</text>\n", y + 10, name[row]
            }
            print "</svg>"
        }'
}

(($# > 0)) || set -- cold unchanged hook package six
declare -A titles=(
    [cold]='cold' [unchanged]='unchanged' [hook]='last hook changed' [package]='one package added'
    [six]='six images with a common base, caches empty'
)
programs=${PROGRAMS:-reference mkosi ingot}
if [[ $programs == *mkosi* ]]; then
    if [[ -x $(PATH=$search_path command -v mkosi) && -x $(PATH=$search_path command -v systemd-nspawn) && -d /run/systemd/system ]]; then
        # Its package list is that of an image of ours.
        if [[ ! -s $work/packages ]]; then
            mkdir -p "$work/ingot"
            build ingot packages debian-minimal vm bench-hook >"$work/packages.log" 2>&1 ||
                { tail -n 20 "$work/packages.log" >&2 && exit 1; }
            grep -o '"name":"[^"]*","size"' "$work/out/packages.build.json" | cut -d'"' -f4 | paste -sd, >"$work/packages"
        fi
    else
        say "mkosi, or the systemd-nspawn that it calls and the systemd that this wants, is not there: mkosi is left out"
        programs=${programs//mkosi/}
    fi
fi
rm -f "$work"/*.figures
for ((round = 1; round <= rounds; round++)); do
    for case; do
        for name in $programs; do
            if [[ $name != mkosi || $case == cold ]]; then measure "$case" "$name" "$round"; fi
        done
    done
done

{
    printf '\n%s processors (%s), median of %s rounds; diskimage-builder %s.\n\n' "$(nproc)" \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$rounds" "$version"
    printf '| build | by | seconds | processor s | largest process MiB | written MiB | of the reference |\n|---|---|--:|--:|--:|--:|--:|\n'
    for case; do
        for name in $programs; do
            if [[ -s $work/$case.$name.figures ]]; then row "${titles[$case]}" "$case" "$name"; fi
        done
    done
    printf '\n![Seconds of whole builds](performance-builds.svg)\n\n'
} >"$work/table"
cat "$work/table"
page=${PAGE:-$checkout/docs/performance.md}
chart "$@" >"$(dirname "$page")/performance-builds.svg"
awk -v table="$work/table" '
    /<!-- builds: end -->/ { inside = 0 }
    !inside { print }
    /<!-- builds: begin -->/ { inside = 1; while ((getline line < table) > 0) print line }
' "$page" >"$page.partial"
mv "$page.partial" "$page"
