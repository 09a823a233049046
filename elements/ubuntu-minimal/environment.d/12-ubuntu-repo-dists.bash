export DIB_UBUNTU_MIRROR_DISTS=${DIB_UBUNTU_MIRROR_DISTS-updates,security,backports}

# What mmdebstrap or debootstrap is to put in, so that it costs no further run of apt.
_packages="systemd-sysv busybox sudo gpg adduser ca-certificates initramfs-tools locales lsb-release netbase zstd"
case "${DIB_ROOT_FSTYPE:-ext4}" in
    ext*) _packages+=" e2fsprogs" ;;
    xfs) _packages+=" xfsprogs" ;;
    btrfs) _packages+=" btrfs-progs" ;;
esac
export DIB_DEBOOTSTRAP_INCLUDE=${DIB_DEBOOTSTRAP_INCLUDE-$_packages}
unset _packages

# Lines of NAME:SOURCE.
if [ -z "${DIB_APT_SOURCES_CONF:-}" ]; then
    _components=${DIB_DEBIAN_COMPONENTS//,/ }
    DIB_APT_SOURCES_CONF="default:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE $_components"
    for _dist in ${DIB_UBUNTU_MIRROR_DISTS//,/ }; do
        DIB_APT_SOURCES_CONF+=$'\n'"$_dist:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE-$_dist $_components"
    done
    unset _components _dist
fi
export DIB_APT_SOURCES_CONF
