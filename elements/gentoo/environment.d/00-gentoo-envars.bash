export DISTRO_NAME=gentoo
case "${ARCH:-amd64}" in
    x86_64) _architecture=amd64 ;;
    aarch64) _architecture=arm64 ;;
    *) _architecture=${ARCH:-amd64} ;;
esac
export GENTOO_ARCHITECTURE=$_architecture
export GENTOO_PROFILE=${GENTOO_PROFILE:-default/linux/$_architecture/23.0}
unset _architecture
export DIB_RELEASE=${GENTOO_PROFILE//\//-}
if [[ $GENTOO_PROFILE == *systemd* ]]; then
    export DIB_INIT_SYSTEM=systemd
else
    export DIB_INIT_SYSTEM=openrc
fi
export EFI_BOOT_DIR=EFI/gentoo
export GENTOO_PORTAGE_CLEANUP=${GENTOO_PORTAGE_CLEANUP:-True}
export GENTOO_PYTHON_TARGETS=${GENTOO_PYTHON_TARGETS:-}
export GENTOO_OVERLAYS=${GENTOO_OVERLAYS:-}
export GENTOO_EMERGE_DEFAULT_OPTS=${GENTOO_EMERGE_DEFAULT_OPTS:---binpkg-respect-use --rebuilt-binaries=y --usepkg=y --with-bdeps=y --binpkg-changed-deps=y --quiet --jobs=2 --autounmask=n}
export GENTOO_EMERGE_ENV=${GENTOO_EMERGE_ENV:-}
export DIB_CLOUD_IMAGE_VERIFY=${DIB_CLOUD_IMAGE_VERIFY:-1}
export DIB_CLOUD_SOURCE=${DIB_CLOUD_SOURCE:-https://distfiles.gentoo.org/releases/$GENTOO_ARCHITECTURE/autobuilds}
export DIB_GENTOO_KEYRING=${DIB_GENTOO_KEYRING:-/usr/share/openpgp-keys/gentoo-release.asc}
