export DISTRO_NAME=alpine
export DIB_RELEASE=${DIB_RELEASE:-latest-stable}
export DIB_INIT_SYSTEM=openrc
export EFI_BOOT_DIR=EFI/alpine
export DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-https://dl-cdn.alpinelinux.org/alpine}
export DIB_CLOUD_IMAGE_VERIFY=${DIB_CLOUD_IMAGE_VERIFY:-1}
export DIB_ALPINE_REPOSITORIES=${DIB_ALPINE_REPOSITORIES:-main community}
# Hooks are written for bash and GNU's tools; BusyBox's stay for what these do not replace.
export DIB_ALPINE_BASE_PACKAGES=${DIB_ALPINE_BASE_PACKAGES:-alpine-base openrc bash coreutils findutils grep sed util-linux e2fsprogs}

export DIB_ALPINE_KERNEL=${DIB_ALPINE_KERNEL:-linux-virt}
case "$DIB_ALPINE_KERNEL" in
    linux-virt | linux-lts | none) ;;
    *)
        echo "alpine-minimal: DIB_ALPINE_KERNEL is '$DIB_ALPINE_KERNEL', expected linux-virt, linux-lts or none"
        exit 1
        ;;
esac
