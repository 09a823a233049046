export DISTRO_NAME=fedora
export DIB_RELEASE=${DIB_RELEASE:-43}
export EFI_BOOT_DIR=EFI/fedora
export YUM=dnf
# Each release has a key of its own; the project publishes all of them in one file.
export DIB_RPM_KEY_URLS=${DIB_RPM_KEY_URLS:-https://fedoraproject.org/fedora.gpg}
