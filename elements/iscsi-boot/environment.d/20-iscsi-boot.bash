# Where dracut makes the initial ramdisk, the element dracut-regenerate puts these into it.
case "${DISTRO_NAME:-}" in
    almalinux | centos | fedora | rhel | rocky)
        export DIB_DRACUT_ENABLED_MODULES="${DIB_DRACUT_ENABLED_MODULES:-}"$'\n- name: network\n- name: iscsi\n'
        ;;
esac
