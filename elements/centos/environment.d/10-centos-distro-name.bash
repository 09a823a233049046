export DISTRO_NAME=centos
export DIB_RELEASE=${DIB_RELEASE:-9-stream}
case "$DIB_RELEASE" in
    9 | 10) DIB_RELEASE+=-stream ;;
    9-stream | 10-stream) ;;
    8 | 8-stream)
        echo "centos: CentOS Stream 8 is past its end of life (May 2024); use 9-stream or 10-stream"
        exit 1
        ;;
    *)
        echo "centos: DIB_RELEASE is '$DIB_RELEASE'; known are 9-stream and 10-stream"
        exit 1
        ;;
esac
export EFI_BOOT_DIR=EFI/centos
export YUM=dnf
