# shellcheck shell=bash
# Sourced: finds the archive that an apt configuration gets its distribution from.

# Keys of the distribution itself, or none named; other archives may use the same suite and component names.
function _apt_mirror_key_fits {
    case "$1" in
        '' | *debian-archive-keyring* | *ubuntu-archive-keyring* | *debian-archive-*) return 0 ;;
        *) return 1 ;;
    esac
}

# _apt_mirror_offer URIS SUITES COMPONENTS KEY: remembers the first fitting archive of each kind.
function _apt_mirror_offer {
    local uri word
    if ! _apt_mirror_key_fits "$4" || [[ " $3 " != *" main "* ]]; then
        return 0
    fi
    for uri in $1; do
        if [[ $uri != http://* && $uri != https://* ]]; then
            continue
        fi
        for word in $2; do
            case "$word" in
                "$_apt_mirror_suite") APT_MIRROR=${APT_MIRROR:-${uri%/}} ;;
                "$_apt_mirror_suite-security") APT_SECURITY_MIRROR=${APT_SECURITY_MIRROR:-${uri%/}} ;;
            esac
        done
    done
}

# "deb [option=value ...] URI SUITE COMPONENT..."
function _apt_mirror_read_list {
    local line key
    while read -r line || [ -n "$line" ]; do
        line=${line%%#*}
        key=""
        if [[ $line =~ ^deb[[:space:]]+\[([^]]*)\][[:space:]]*(.*)$ ]]; then
            key=${BASH_REMATCH[1]}
            line="deb ${BASH_REMATCH[2]}"
            if [[ $key =~ signed-by=([^[:space:]]*) ]]; then
                key=${BASH_REMATCH[1]}
            else
                key=""
            fi
        fi
        if [[ $line =~ ^deb[[:space:]]+([^[:space:]]+)[[:space:]]+([^[:space:]]+)[[:space:]]+(.*)$ ]]; then
            _apt_mirror_offer "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" "$key"
        fi
    done < "$1"
}

# Paragraphs of "Field: value"; lines that begin with a blank continue the field before.
function _apt_mirror_read_sources {
    local line field="" types="" uris="" suites="" components="" key="" enabled=yes
    while IFS= read -r line || [ -n "$line" ] || [ "$field" != end ]; do
        if [[ $line == '#'* ]]; then
            line=""
            continue
        fi
        if [ -z "${line//[[:space:]]/}" ]; then
            if [[ " $types " == *" deb "* && $enabled != no ]]; then
                _apt_mirror_offer "$uris" "$suites" "$components" "$key"
            fi
            types="" uris="" suites="" components="" key="" enabled=yes field=end
            continue
        fi
        if [[ $line =~ ^([A-Za-z-]+):[[:space:]]*(.*)$ ]]; then
            field=${BASH_REMATCH[1],,}
            line=${BASH_REMATCH[2]}
        fi
        case "$field" in
            types) types+=" $line" ;;
            uris) uris+=" $line" ;;
            suites) suites+=" $line" ;;
            components) components+=" $line" ;;
            signed-by) key+=" ${line# }" ;;
            enabled) enabled=${line,,} ;;
        esac
    done < "$1"
}

# find_apt_mirrors APT_DIRECTORY DISTRIBUTION SUITE: sets APT_MIRROR and APT_SECURITY_MIRROR, empty when there is none.
function find_apt_mirrors {
    local directory=$1 distribution=$2 file _apt_mirror_suite=$3
    APT_MIRROR="" APT_SECURITY_MIRROR=""
    # The distribution's own files first.
    for file in "$directory/sources.list" "$directory/sources.list.d/$distribution.sources" \
        "$directory"/sources.list.d/*.list "$directory"/sources.list.d/*.sources; do
        if [ ! -r "$file" ]; then
            continue
        elif [[ $file == *.sources ]]; then
            _apt_mirror_read_sources "$file"
        else
            _apt_mirror_read_list "$file"
        fi
    done
}

# find_build_mirrors DISTRIBUTION RELEASE: outside, what the builder itself uses when it is of the same distribution, whatever
# its release; in the image, what was set up there.
function find_build_mirrors {
    # Environment files are traced; a search of some hundred steps before every phase says nothing.
    local -
    { set +x; } 2>/dev/null
    local distribution=$1 release=$2 etc=${APT_MIRRORS_ETC:-/etc} field value id="" codename=""
    if [ "$etc" = /etc ] && [ -d /tmp/in_target.d ]; then
        find_apt_mirrors /etc/apt "$distribution" "$release"
        return 0
    fi
    APT_MIRROR="" APT_SECURITY_MIRROR=""
    if [ -r "$etc/os-release" ]; then
        while IFS='=' read -r field value || [ -n "$field" ]; do
            case "$field" in
                ID) id=${value//[\"\']/} ;;
                VERSION_CODENAME) codename=${value//[\"\']/} ;;
            esac
        done < "$etc/os-release"
    fi
    if [ "$id" = "$distribution" ] && [ -n "$codename" ]; then
        find_apt_mirrors "$etc/apt" "$distribution" "$codename"
        _apt_mirror_adopt_expiry
    fi
}

# A builder whose apt takes expired archives (a frozen mirror, a snapshot) says so for the mirror it lends as well.
function _apt_mirror_adopt_expiry {
    local value
    if [ -z "$APT_MIRROR" ] || [ -n "${DIB_APT_CHECK_VALID_UNTIL:-}" ] || ! [ -x "$(command -v apt-config)" ]; then
        return 0
    fi
    value=$(apt-config dump --no-empty --format '%v' Acquire::Check-Valid-Until)
    case "${value,,}" in
        false | no | off | 0) export DIB_APT_CHECK_VALID_UNTIL=0 ;;
    esac
}
