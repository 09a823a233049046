# bash completion for the commands that take elements: disk-image-create, ramdisk-image-create, element-info.
# shellcheck shell=bash

# Prints the names of all elements, of ELEMENTS_PATH and of the installation, one a line.
_ingot_elements() {
    local program share directory entry
    local -a directories=()
    IFS=: read -r -a directories <<<"${ELEMENTS_PATH:-}"
    # As the program itself finds its files: INGOT_SHARE, beside the executable, the checkout above .build.
    program=$(readlink -f -- "$(type -P -- "${1:-ingot}" 2>/dev/null)" 2>/dev/null)
    for share in "${INGOT_SHARE:-}" "${program%/bin/*}/share/ingot" "${program%%/.build/*}"; do
        [[ -n $share && -d $share/elements ]] && { directories+=("$share/elements"); break; }
    done
    for directory in "${directories[@]}"; do
        [[ -n $directory ]] || continue
        for entry in "$directory"/*/; do
            [[ -d $entry ]] || continue
            entry=${entry%/}
            printf '%s\n' "${entry##*/}"
        done
    done
}

# Completes the last of a list of words joined by commas: qcow2,ra<TAB>.
_ingot_comma_list() {
    local current=$1 word last head=
    last=${current##*,}
    [[ $current == *,* ]] && head=${current%,*},
    shift
    for word in "$@"; do
        [[ $word == "$last"* ]] && COMPREPLY+=("$head$word")
    done
}

_ingot_disk_image_create() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=
    ((COMP_CWORD > 0)) && previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[0]##*/}
    # bash splits --option=value into three words.
    if [[ $current == '=' ]]; then
        current=
    elif [[ $previous == "=" ]] && ((COMP_CWORD >= 2)); then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $previous in
        -a)
            mapfile -t COMPREPLY < <(compgen -W 'amd64 arm64 armhf' -- "$current")
            return
            ;;
        -t)
            _ingot_comma_list "$current" qcow2 raw tar tgz tar.zst squashfs erofs initramfs oci docker aci vhd vmdk vdi vhdx vpc qcow qed parallels
            return
            ;;
        -o | --logfile | --lock | --locked)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --image-cache)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return
            ;;
        --sbom)
            _ingot_comma_list "$current" spdx cyclonedx
            return
            ;;
        --install-type)
            mapfile -t COMPREPLY < <(compgen -W 'source package' -- "$current")
            return
            ;;
        --backend)
            mapfile -t COMPREPLY < <(compgen -W 'auto file loop' -- "$current")
            return
            ;;
        --sizing)
            mapfile -t COMPREPLY < <(compgen -W 'exact compatible' -- "$current")
            return
            ;;
        --ramdisk-element)
            mapfile -t COMPREPLY < <(compgen -W "$(_ingot_elements "${COMP_WORDS[0]}")" -- "$current")
            return
            ;;
        -p | --image-size | --image-extra-size | --max-online-resize | --mkfs-options | --mkfs-journal-size | \
            --free | --min-tmpfs | --qemu-img-options | --root-label | --docker-target)
            return
            ;;
    esac
    if [[ $current == -* && $command == element-info ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-e --env -h --help' -- "$current")
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-a -o -t -x -u -c -n -p -h --backend --cache --cache-dir --cache-ttl --check-mirror --checksum --docker-target --dry-run --explain
            --help --image-cache --image-extra-size --image-size --install-type --json --logfile --max-online-resize --min-tmpfs
            --free --mkfs-journal-size --mkfs-options --no-cache --new-image --no-fast-sync --no-tmpfs --offline --plain --qemu-img-options --refresh
            --lock --locked --provenance --ramdisk-element --root-label --sbom --sizing --version' -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_ingot_elements "${COMP_WORDS[0]}")" -- "$current")
    fi
}

complete -F _ingot_disk_image_create disk-image-create ramdisk-image-create element-info

# `ingot build`, `plan`, `lock` and `prove` take the same words; the other commands are the generated completion's.
_ingot_front() {
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == @(build|plan|lock|prove) ]]; then
        local own=
        case ${COMP_WORDS[1]} in
            build | plan) own='-f -j --file --jobs --only --stop-on-failure' ;;
            prove) own='--builds --keep' ;;
        esac
        COMP_WORDS=("${COMP_WORDS[0]}" "${COMP_WORDS[@]:2}")
        ((COMP_CWORD -= 1))
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
        # Several images in one go.
        if [[ $previous == -f || $previous == --file ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
        fi
        _ingot_disk_image_create
        if [[ $current == -* ]]; then
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$own" -- "$current")
        fi
    else
        _ingot "$@"
    fi
}

declare -F _ingot >/dev/null && complete -o filenames -F _ingot_front ingot
