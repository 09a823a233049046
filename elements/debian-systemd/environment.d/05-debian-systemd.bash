# Every Debian since 2015 starts by systemd: what this element asked for is what there is.
export DIB_DEBIAN_ALT_INIT_PACKAGE=systemd-sysv
