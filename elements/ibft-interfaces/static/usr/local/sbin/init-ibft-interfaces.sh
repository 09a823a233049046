#!/bin/bash
# Brings up the interfaces that the firmware has booted from by iSCSI, as its table (iBFT) says. Runs in the booted image.
# dib-lint: disable=dibdebugtrace

set -eu
set -o pipefail

# The table is there only if these are loaded; kernels for clouds do not have them, and machines in clouds no table.
for module in iscsi_boot_sysfs iscsi_ibft iscsi_tcp; do
    modprobe --quiet "$module" || echo "ibft-interfaces: this kernel has no module '$module'"
done
if ! iscsistart -f; then
    echo "ibft-interfaces: the firmware has left no table, nothing to bring up"
    exit 0
fi
iscsistart -N
# Disks that appear behind them have their names by the time this unit is done.
udevadm settle
