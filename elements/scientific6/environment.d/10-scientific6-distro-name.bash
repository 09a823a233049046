export DISTRO_NAME=scientific6
export DIB_RELEASE=6
export EFI_BOOT_DIR=EFI/redhat
export YUM=yum
export DIB_ARCHIVED_NAME="Scientific Linux 6"
export DIB_ARCHIVED_SINCE="30 November 2020"
export DIB_ARCHIVED_DIRECTORY=${DIB_ARCHIVED_DIRECTORY:-6x}
# Its own packages have GRUB 0.97 alone.
export DIB_BOOTLOADER_GRUB=${DIB_BOOTLOADER_GRUB:-builder}
