export DIB_LOCAL_IMAGE=${DIB_LOCAL_IMAGE:-}
export DIB_CLOUD_IMAGE_VERIFY=${DIB_CLOUD_IMAGE_VERIFY:-1}
export DIB_CLOUD_IMAGES=${DIB_CLOUD_IMAGES:-https://cloud-images.ubuntu.com/$DIB_RELEASE/current}
export DIB_UBUNTU_CLOUD_KEYRING=${DIB_UBUNTU_CLOUD_KEYRING:-/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg}
