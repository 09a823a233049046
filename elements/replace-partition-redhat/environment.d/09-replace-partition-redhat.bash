if [ -z "${DISTRO_NAME:-}" ]; then
    echo "replace-partition-redhat: DISTRO_NAME is not set; it is one of almalinux, centos, fedora, rhel, rocky"
    exit 1
fi
export DIB_RELEASE=${DIB_RELEASE:-9}
export EFI_BOOT_DIR=EFI/$DISTRO_NAME
if [[ $DISTRO_NAME == rhel* ]]; then
    EFI_BOOT_DIR=EFI/redhat
fi
export DIB_BLOCK_DEVICE=efi
export DIB_INIT_SYSTEM=systemd
