case "${ARCH:-}" in
    ppc64 | ppc64le | ppc64el)
        echo "block-device-efi-4k: there is no UEFI on '$ARCH', use block-device-mbr or block-device-gpt"
        exit 1
        ;;
esac
export DIB_BLOCK_DEVICE=efi
# No BIOS reads sectors of this size.
export DIB_BOOTLOADER_BIOS=False
