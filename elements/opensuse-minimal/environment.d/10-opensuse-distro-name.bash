export DISTRO_NAME=opensuse
DIB_RELEASE=${DIB_RELEASE:-15.6}
export DIB_RELEASE=${DIB_RELEASE,,}
export EFI_BOOT_DIR=EFI/opensuse
export DIB_INIT_SYSTEM=systemd
# The project's key; what is in a repository beside it is taken only if it is this one.
export DIB_RPM_KEY_FINGERPRINTS=${DIB_RPM_KEY_FINGERPRINTS:-AD485664E901B867051AB15F35A2F86E29B700A4}
case "$DIB_RELEASE" in
    tumbleweed) _repository=tumbleweed/repo/oss _pattern=patterns-base-base ;;
    1[6-9].*) _repository=distribution/leap/$DIB_RELEASE/repo/oss _pattern=patterns-base-minimal_base ;;
    *) _repository=distribution/leap/$DIB_RELEASE/repo/oss _pattern=patterns-openSUSE-base ;;
esac
export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-https://download.opensuse.org/$_repository/repodata/repomd.xml.key}
export DIB_OPENSUSE_PATTERNS=${DIB_OPENSUSE_PATTERNS:-$_pattern}
unset _repository _pattern
