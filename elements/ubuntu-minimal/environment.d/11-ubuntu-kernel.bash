export DIB_UBUNTU_KERNEL=${DIB_UBUNTU_KERNEL:-linux-image-generic}
case "$DIB_UBUNTU_KERNEL" in
    none | linux-image-generic | linux-image-virtual | linux-image-hwe) ;;
    linux-image-kvm)
        case "${ARCH:-amd64}" in
            arm64 | aarch64)
                echo "ubuntu-minimal: DIB_UBUNTU_KERNEL is 'linux-image-kvm', a kernel for amd64 only"
                exit 1
                ;;
        esac
        ;;
    *)
        echo "ubuntu-minimal: DIB_UBUNTU_KERNEL is '$DIB_UBUNTU_KERNEL', expected linux-image-generic, -virtual, -kvm, -hwe or none"
        exit 1
        ;;
esac
