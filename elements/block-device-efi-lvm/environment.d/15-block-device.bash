case "${ARCH:-}" in
    ppc64 | ppc64le | ppc64el)
        echo "block-device-efi-lvm: there is no UEFI on '$ARCH', use block-device-mbr or block-device-gpt"
        exit 1
        ;;
esac
export DIB_BLOCK_DEVICE=efi
