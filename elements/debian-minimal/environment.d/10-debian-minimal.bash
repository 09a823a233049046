export DISTRO_NAME=debian
export DIB_RELEASE=${DIB_RELEASE:-stable}
export DIB_INIT_SYSTEM=systemd
export EFI_BOOT_DIR=EFI/debian
export DIB_DEBIAN_COMPONENTS=${DIB_DEBIAN_COMPONENTS:-main}

export DIB_DEBIAN_BASE_PACKAGES=${DIB_DEBIAN_BASE_PACKAGES:-systemd-sysv busybox sudo gpg}
if [ "${DIB_DEBIAN_PYTHON:-0}" != 0 ]; then
    DIB_DEBIAN_BASE_PACKAGES+=" python3"
fi
# What checks the root file system at boot; no longer part of every Debian.
case "${DIB_ROOT_FSTYPE:-ext4}" in
    ext*) DIB_DEBIAN_BASE_PACKAGES+=" e2fsprogs" ;;
    xfs) DIB_DEBIAN_BASE_PACKAGES+=" xfsprogs" ;;
    btrfs) DIB_DEBIAN_BASE_PACKAGES+=" btrfs-progs" ;;
esac
# Lists of other elements and hooks ask for these; together with the base they cost one run of apt.
export DIB_DEBOOTSTRAP_INCLUDE=${DIB_DEBOOTSTRAP_INCLUDE-adduser ca-certificates initramfs-tools locales lsb-release netbase zstd}
DIB_DEBOOTSTRAP_INCLUDE="$DIB_DEBIAN_BASE_PACKAGES $DIB_DEBOOTSTRAP_INCLUDE"

case "${DIB_DEBIAN_KERNEL:=linux-image-${ARCH:-amd64}}" in
    none | linux-image-amd64 | linux-image-cloud-amd64 | linux-image-rt-amd64) ;;
    linux-image-arm64 | linux-image-cloud-arm64 | linux-image-rt-arm64) ;;
    linux-image-x86_64) DIB_DEBIAN_KERNEL=linux-image-amd64 ;;
    linux-image-aarch64) DIB_DEBIAN_KERNEL=linux-image-arm64 ;;
    linux-image-armhf) DIB_DEBIAN_KERNEL=linux-image-armmp ;;
    linux-image-ppc64el) DIB_DEBIAN_KERNEL=linux-image-powerpc64le ;;
    linux-image-armmp | linux-image-powerpc64le | linux-image-s390x | linux-image-riscv64) ;;
    *)
        echo "debian-minimal: DIB_DEBIAN_KERNEL is '$DIB_DEBIAN_KERNEL': this element knows no such kernel package"
        exit 1
        ;;
esac
export DIB_DEBIAN_KERNEL

if [ -n "${DIB_DEBIAN_DISTRIBUTION_MIRROR:-}" ]; then
    DIB_DISTRIBUTION_MIRROR=$DIB_DEBIAN_DISTRIBUTION_MIRROR
fi
if [ -z "${DIB_DISTRIBUTION_MIRROR:-}" ] || [ -z "${DIB_DEBIAN_SECURITY_MIRROR:-}" ]; then
    # shellcheck source=/dev/null
    source "${BASH_SOURCE[0]%/*}/../apt-config/apt-mirrors.bash"
    find_build_mirrors debian "$DIB_RELEASE"
    DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$APT_MIRROR}
    DIB_DEBIAN_SECURITY_MIRROR=${DIB_DEBIAN_SECURITY_MIRROR:-$APT_SECURITY_MIRROR}
fi
export DIB_DISTRIBUTION_MIRROR DIB_DEBIAN_SECURITY_MIRROR

# Lines of NAME:SOURCE. Without a mirror the bootstrap tool's own sources stay, see the README.
if [ -z "${DIB_APT_SOURCES_CONF:-}" ] && [ -n "$DIB_DISTRIBUTION_MIRROR" ]; then
    _components=${DIB_DEBIAN_COMPONENTS//,/ }
    DIB_APT_SOURCES_CONF="default:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE $_components"
    case "$DIB_RELEASE" in
        testing | unstable | sid) ;;
        *)
            DIB_APT_SOURCES_CONF+=$'\n'"updates:deb $DIB_DISTRIBUTION_MIRROR $DIB_RELEASE-updates $_components"
            if [ -n "$DIB_DEBIAN_SECURITY_MIRROR" ]; then
                _suite=$DIB_RELEASE-security${DIB_DEBIAN_SECURITY_SUBPATH:-}
                DIB_APT_SOURCES_CONF+=$'\n'"security:deb $DIB_DEBIAN_SECURITY_MIRROR $_suite $_components"
                unset _suite
            fi
            ;;
    esac
    unset _components
fi
export DIB_APT_SOURCES_CONF=${DIB_APT_SOURCES_CONF:-}
