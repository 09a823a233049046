#!/bin/bash
# dhcp-all-interfaces.sh [--up] [INTERFACE]: writes a DHCP configuration for the interface, else for all of them, when it is
# a real one with a link and has none yet; --up also brings it up. Runs in the booted image.
# dib-lint: disable=dibdebugtrace

set -eu
set -o pipefail

timeout=@DHCP_TIMEOUT@
root=${DHCP_ALL_INTERFACES_ROOT:-}
net=$root/sys/class/net

if [ -d "$root/etc/network" ]; then
    format=eni
elif [ -d "$root/etc/sysconfig/network-scripts" ]; then
    format=rhel
elif [ -d "$root/etc/sysconfig/network" ]; then
    format=suse
else
    echo "dhcp-all-interfaces: do not know how this system configures interfaces" >&2
    exit 1
fi

function is_configured {
    local interface=$1
    case "$format" in
        eni) grep -rqsE "^[[:space:]]*iface[[:space:]]+${interface}[[:space:]]" \
            "$root/etc/network/interfaces" "$root/etc/network/interfaces.d" ;;
        rhel) [ -e "$root/etc/sysconfig/network-scripts/ifcfg-$interface" ] ;;
        suse) [ -e "$root/etc/sysconfig/network/ifcfg-$interface" ] ;;
    esac
}

# Interfaces made by software have an address of the third kind; a VLAN takes that of the interface below it.
function is_real {
    local interface=$1 kind lower=${1%%.*}
    kind=$(cat "$net/$interface/addr_assign_type" 2>/dev/null || echo none)
    if [ "$kind" = 2 ] && [ "$lower" != "$interface" ]; then
        kind=$(cat "$net/$lower/addr_assign_type" 2>/dev/null || echo none)
    fi
    [ "$kind" = 0 ]
}

function has_link {
    local interface=$1 waited=0
    ip link set dev "$interface" up || return 1
    while [ "$(cat "$net/$interface/carrier" 2>/dev/null || echo 0)" != 1 ]; do
        if [ $waited -ge "$timeout" ]; then
            return 1
        fi
        sleep 1
        waited=$((waited + 1))
    done
}

# router_advertises INTERFACE: prints nothing, slaac, stateless or stateful, as the routers on the link say.
function router_advertises {
    local interface=$1 answer="" status waited=0
    if ! [ -x "$(command -v rdisc6)" ]; then
        return 0
    fi
    while [ $waited -lt "$timeout" ]; do
        status=0
        answer=$(rdisc6 --retry 1 --wait 1000 --single "$interface" 2>/dev/null) || status=$?
        if [ $status -ne 1 ]; then
            break
        fi
        waited=$((waited + 1))
    done
    if [ "$status" -ne 0 ]; then
        return 0
    elif grep -qE '^Stateful address conf\.?[[:space:]]*:[[:space:]]*Yes' <<< "$answer"; then
        echo stateful
    elif grep -qE '^Stateful other conf\.?[[:space:]]*:[[:space:]]*Yes' <<< "$answer"; then
        echo stateless
    else
        echo slaac
    fi
}

# seed_duid FILE: servers know a machine by its identifier, not by whichever interface asks first.
function seed_duid {
    local file=$1 id duid="\\000\\004" position
    id=$(cat "$root/etc/machine-id" 2>/dev/null || true)
    if [ ${#id} -ne 32 ] || [ -e "$file" ]; then
        return 0
    fi
    for ((position = 0; position < 32; position += 2)); do
        duid+=$(printf '\\%03o' "0x${id:position:2}")
    done
    mkdir -p "${file%/*}"
    echo "default-duid \"$duid\";" > "$file"
}

function configure_eni {
    local interface=$1 advertised=$2 file=$root/etc/network/interfaces.d/$1 stanza
    stanza="auto $interface"$'\n'"iface $interface inet dhcp"
    case "$advertised" in
        stateful) stanza+=$'\n'"iface $interface inet6 dhcp" ;;
        stateless) stanza+=$'\n'"iface $interface inet6 auto"$'\n'"    dhcp 1" ;;
        slaac) stanza+=$'\n'"iface $interface inet6 auto"$'\n'"    dhcp 0" ;;
    esac
    if ! grep -qsE '^[[:space:]]*source.*interfaces\.d' "$root/etc/network/interfaces"; then
        file=$root/etc/network/interfaces
    fi
    # Several interfaces may appear at once.
    mkdir -p "${file%/*}"
    (
        flock 9
        echo "$stanza" >&9
    ) 9>> "$file"
    if [ "$advertised" = stateful ] || [ "$advertised" = stateless ]; then
        seed_duid "$root/var/lib/dhcp/dhclient6.$interface.leases"
    fi
}

function configure_rhel {
    local interface=$1 advertised=$2 file=$root/etc/sysconfig/network-scripts/ifcfg-$1 lower=${1%%.*}
    printf 'DEVICE="%s"\nBOOTPROTO="dhcp"\nONBOOT="yes"\n' "$interface" > "$file"
    if [ "$(cat "$net/$interface/type" 2>/dev/null || true)" = 32 ]; then
        echo 'TYPE="InfiniBand"' >> "$file"
    elif [ "$lower" != "$interface" ]; then
        echo 'VLAN="yes"' >> "$file"
    else
        echo 'TYPE="Ethernet"' >> "$file"
    fi
    case "$advertised" in
        stateful) printf 'IPV6INIT="yes"\nIPV6_AUTOCONF="no"\nDHCPV6C="yes"\n' >> "$file" ;;
        stateless) printf 'IPV6INIT="yes"\nDHCPV6C="yes"\nDHCPV6C_OPTIONS="-S"\n' >> "$file" ;;
        slaac) printf 'IPV6INIT="yes"\n' >> "$file" ;;
    esac
    if [ "$advertised" = stateful ] || [ "$advertised" = stateless ]; then
        seed_duid "$root/var/lib/dhclient/dhclient6-$interface.leases"
    fi
}

function configure_suse {
    printf 'BOOTPROTO="dhcp"\nSTARTMODE="auto"\n' > "$root/etc/sysconfig/network/ifcfg-$1"
}

function configure {
    local interface=$1
    if is_configured "$interface"; then
        return 0
    elif ! is_real "$interface"; then
        echo "dhcp-all-interfaces: '$interface' is not a real interface, skipped"
        return 1
    elif ! has_link "$interface"; then
        echo "dhcp-all-interfaces: '$interface' has no link, skipped"
        return 1
    fi
    "configure_$format" "$interface" "$(router_advertises "$interface")"
    echo "dhcp-all-interfaces: '$interface' gets its address by DHCP"
}

up=0
if [ "${1:-}" = --up ]; then
    up=1
    shift
fi
interfaces=("$@")
if [ $# -eq 0 ]; then
    for path in "$net"/*; do
        if [ "${path##*/}" != lo ]; then
            interfaces+=("${path##*/}")
        fi
    done
fi

for interface in "${interfaces[@]}"; do
    if configure "$interface" && [ $up -eq 1 ]; then
        /sbin/ifup "$interface"
    fi
done
