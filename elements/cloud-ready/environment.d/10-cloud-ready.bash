# What clouds offer; the program that cloud-init starts with picks the one that is there in a second, without asking a network.
export DIB_CLOUD_INIT_DATASOURCES=${DIB_CLOUD_INIT_DATASOURCES:-NoCloud, ConfigDrive, OpenStack, Ec2, GCE, Azure, OpenNebula, CloudStack, Hetzner, Oracle, VMware}
export DIB_CLOUD_INIT_GROWPART_DEVICES=${DIB_CLOUD_INIT_GROWPART_DEVICES:-[/]}
# A machine knows its own name without a name server, which sudo asks for it each time.
export DIB_CLOUD_INIT_ETC_HOSTS=${DIB_CLOUD_INIT_ETC_HOSTS-localhost}
export DIB_CLOUD_READY_USER=${DIB_CLOUD_READY_USER:-}
export DIB_CLOUD_READY_KEEP_USERS=${DIB_CLOUD_READY_KEEP_USERS:-}
# This element's users are asked for by name.
case " ${IMAGE_ELEMENT:-} " in
    *" devuser "*) DIB_CLOUD_READY_KEEP_USERS+=" ${DIB_DEV_USER_USERNAME:-devuser}" ;;
esac
if [ -n "${DIB_DEBIAN_CLOUD_INIT_HELPER:-}" ]; then
    DIB_CLOUD_READY_KEEP_USERS+=" debian"
fi
