export DISTRO_NAME=centos6
export DIB_RELEASE=6
export EFI_BOOT_DIR=EFI/centos
export YUM=yum
export DIB_ARCHIVED_NAME="CentOS 6"
export DIB_ARCHIVED_SINCE="30 November 2020"
export DIB_ARCHIVED_DIRECTORY=${DIB_ARCHIVED_DIRECTORY:-6.10}
export DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-http://vault.centos.org}
# Its own packages have GRUB 0.97 alone.
export DIB_BOOTLOADER_GRUB=${DIB_BOOTLOADER_GRUB:-builder}
