export DISTRO_NAME=ubuntu
export DIB_RELEASE=${DIB_RELEASE:-noble}
export EFI_BOOT_DIR=EFI/ubuntu
export DIB_DEBIAN_COMPONENTS=${DIB_DEBIAN_COMPONENTS:-main,universe}
if [ -z "${DIB_DISTRIBUTION_MIRROR:-}" ]; then
    case "${ARCH:-amd64}" in
        arm64 | aarch64 | armhf | powerpc | ppc64el | riscv64 | s390x)
            DIB_DISTRIBUTION_MIRROR=http://ports.ubuntu.com/ubuntu-ports
            ;;
        *) DIB_DISTRIBUTION_MIRROR=http://archive.ubuntu.com/ubuntu ;;
    esac
fi
export DIB_DISTRIBUTION_MIRROR
