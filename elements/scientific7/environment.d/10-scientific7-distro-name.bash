export DISTRO_NAME=scientific7
export DIB_RELEASE=7
export EFI_BOOT_DIR=EFI/redhat
export YUM=yum
export DIB_ARCHIVED_NAME="Scientific Linux 7"
export DIB_ARCHIVED_SINCE="30 June 2024"
export DIB_ARCHIVED_DIRECTORY=${DIB_ARCHIVED_DIRECTORY:-7x}
