case "${ARCH:-}" in
    *arm64* | *aarch64*)
        echo "block-device-mbr: mbr images do not boot on '$ARCH', use block-device-efi"
        exit 1
        ;;
esac
export DIB_BLOCK_DEVICE=mbr
