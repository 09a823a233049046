#!/bin/sh
# A bash of their own, which the fragments are written for: dracut runs its stages in a POSIX shell.
# dib-lint: disable=sete setu setpipefail dibdebugtrace

bash /ramdisk-init < /dev/console > /dev/console 2>&1
