# Sorts after the files that name the distribution, and before those that make apt's sources of the mirror.
# On the builder the file is the node's; in the image it is a copy of it.
for _file in /etc/ci/mirror_info.sh /tmp/in_target.d/ci-mirrors/mirror_info.sh; do
    if [ -r "$_file" ]; then
        # shellcheck source=/dev/null
        source "$_file"
        break
    fi
done
unset _file
_mirror=""
case "${DISTRO_NAME:-}" in
    ubuntu) _mirror=${NODEPOOL_UBUNTU_MIRROR:-} ;;
    debian)
        _mirror=${NODEPOOL_DEBIAN_MIRROR:-}
        export DIB_DEBIAN_SECURITY_MIRROR=${NODEPOOL_DEBIAN_SECURITY_MIRROR:-${DIB_DEBIAN_SECURITY_MIRROR:-}}
        ;;
    centos*) _mirror=${NODEPOOL_CENTOS_MIRROR:-} ;;
    fedora) _mirror=${NODEPOOL_FEDORA_MIRROR:-} ;;
    opensuse) _mirror=${NODEPOOL_OPENSUSE_MIRROR:-} ;;
    rocky) _mirror=${NODEPOOL_ROCKY_MIRROR:-} ;;
esac
if [ -n "$_mirror" ]; then
    export DIB_DISTRIBUTION_MIRROR=$_mirror
fi
unset _mirror
if [ -n "${NODEPOOL_PYPI_MIRROR:-}" ]; then
    export DIB_PYPI_MIRROR_URL=$NODEPOOL_PYPI_MIRROR
fi
