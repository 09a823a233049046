#!/bin/bash
# Dracut sources this: where its stages find what the elements want done.
# dib-lint: disable=sete setu setpipefail dibdebugtrace
# shellcheck disable=SC2154

check() {
    return 0
}

depends() {
    echo bash
}

install() {
    inst_hook cmdline 80 "$moddir/ramdisk-cmdline.sh"
    inst_hook pre-mount 50 "$moddir/ramdisk-fragments.sh"
}
