export DISTRO_NAME=openeuler
export DIB_RELEASE=${DIB_RELEASE:-24.03-LTS}
export EFI_BOOT_DIR=EFI/openEuler
export YUM=dnf
case "${ARCH:-amd64}" in
    arm64 | aarch64) _architecture=aarch64 ;;
    *) _architecture=x86_64 ;;
esac
export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-https://repo.openeuler.org/openEuler-$DIB_RELEASE/OS/$_architecture/RPM-GPG-KEY-openEuler}
unset _architecture
