# shellcheck disable=SC2034 # what is set here is read by those that source it
# Places and helpers of the conformance kit; sourced by its parts.
#
# The kit's store is a cache: the reference as pip installs it (venv), a directory that makes Ingot take the reference's
# elements for its own (share), the facts recorded from the reference, and what the last run of each part found (results).
version=3.43.0
kit=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$kit/../.." && pwd)
store=${CONFORMANCE_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot/conformance}
program=${CONFORMANCE_PROGRAM:?}
venv=$store/venv-$version
share=$store/share-$version
facts=$store/facts-$version
results=$store/results
library=$venv/elements
# Programs that the reference needs and a host may lack come last, except for its interpreter, which finds PyYAML.
search_path=$venv/bin:$store/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

say() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*" >&2; }

# clean VARIABLE=VALUE... COMMAND...: runs a command with nothing of the caller's environment but the way to the network.
# No TMPDIR: debian-minimal's chroots inherit it, and there is no such directory in them, under the reference either.
clean() {
    local name pass=()
    for name in http_proxy https_proxy no_proxy; do
        [[ -z ${!name:-} ]] || pass+=("$name=${!name}")
    done
    env -i "PATH=$search_path" "HOME=$store/home" LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${pass[@]}" "$@" </dev/null
}
