#!/bin/bash
# Makes the SSH host keys that are missing. Runs in the booted image.
# dib-lint: disable=dibdebugtrace

set -eu
set -o pipefail

mkdir -p /etc/ssh
for kind in rsa ecdsa ed25519; do
    key=/etc/ssh/ssh_host_${kind}_key
    # An empty one is what a power cut leaves of a key that was being written.
    if [ ! -s "$key" ]; then
        rm -f "$key" "$key.pub"
        ssh-keygen -q -t "$kind" -N '' -f "$key"
    fi
done
