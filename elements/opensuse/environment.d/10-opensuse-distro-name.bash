export DISTRO_NAME=opensuse
DIB_RELEASE=${DIB_RELEASE:-15.6}
export DIB_RELEASE=${DIB_RELEASE,,}
export EFI_BOOT_DIR=EFI/opensuse
export DIB_INIT_SYSTEM=systemd
export DIB_OPENSUSE_PATTERNS=${DIB_OPENSUSE_PATTERNS:-patterns-openSUSE-base}
export DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-https://download.opensuse.org}
export DIB_RPM_KEY_FINGERPRINTS=${DIB_RPM_KEY_FINGERPRINTS:-AD485664E901B867051AB15F35A2F86E29B700A4}
case "$DIB_RELEASE" in
    tumbleweed)
        export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-$DIB_DISTRIBUTION_MIRROR/tumbleweed/repo/oss/repodata/repomd.xml.key}
        ;;
    1[5-9].*)
        export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-$DIB_DISTRIBUTION_MIRROR/distribution/leap/$DIB_RELEASE/repo/oss/repodata/repomd.xml.key}
        ;;
    *)
        echo "opensuse: DIB_RELEASE is '$DIB_RELEASE'; known are 15.5, 15.6, 16.0 and tumbleweed"
        exit 1
        ;;
esac
