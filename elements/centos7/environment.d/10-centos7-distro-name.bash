export DISTRO_NAME=centos7
export DIB_RELEASE=7
export EFI_BOOT_DIR=EFI/centos
export YUM=yum
export DIB_ARCHIVED_NAME="CentOS 7"
export DIB_ARCHIVED_SINCE="30 June 2024"
export DIB_ARCHIVED_DIRECTORY=${DIB_ARCHIVED_DIRECTORY:-7.9.2009}
export DIB_FLAVOR=${DIB_FLAVOR:-GenericCloud}
# The project keeps its last images and packages, for what they are worth.
export DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-https://vault.centos.org}
case "${ARCH:-amd64}" in
    arm64 | aarch64)
        export DIB_CLOUD_IMAGES=${DIB_CLOUD_IMAGES:-https://cloud.centos.org/altarch/7/images/aarch64}
        export BASE_IMAGE_FILE=${BASE_IMAGE_FILE:-CentOS-7-aarch64-$DIB_FLAVOR.qcow2.xz}
        ;;
    *)
        export DIB_CLOUD_IMAGES=${DIB_CLOUD_IMAGES:-https://cloud.centos.org/centos/7/images}
        export BASE_IMAGE_FILE=${BASE_IMAGE_FILE:-CentOS-7-x86_64-$DIB_FLAVOR.qcow2.xz}
        ;;
esac
