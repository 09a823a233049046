export DISTRO_NAME=centos
export DIB_RELEASE=${DIB_RELEASE:-9-stream}
case "$DIB_RELEASE" in
    9 | 10) DIB_RELEASE+=-stream ;;
    9-stream | 10-stream) ;;
    8 | 8-stream)
        echo "centos-minimal: CentOS Stream 8 is past its end of life (May 2024); use 9-stream or 10-stream"
        exit 1
        ;;
    *)
        echo "centos-minimal: DIB_RELEASE is '$DIB_RELEASE'; known are 9-stream and 10-stream"
        exit 1
        ;;
esac
export EFI_BOOT_DIR=EFI/centos
export YUM=dnf
# The project's key for all its packages, and where the project publishes it.
export DIB_RPM_KEY_FINGERPRINTS=${DIB_RPM_KEY_FINGERPRINTS:-99DB70FAE1D7CE227FB6488205B555B38483C65D}
if [ "$DIB_RELEASE" = 9-stream ]; then
    export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-https://www.centos.org/keys/RPM-GPG-KEY-CentOS-Official}
else
    export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-https://www.centos.org/keys/RPM-GPG-KEY-CentOS-Official-SHA256}
fi
