/// The layouts of the stock `block-device-*` elements, as their files say it in tree style.
enum StockLayouts {
    static let mbr = """
        - local_loop:
            name: image0
        - partitioning:
            base: image0
            label: mbr
            partitions:
              - name: root
                flags: [boot, primary]
                size: 100%
                mkfs:
                  mount:
                    mount_point: /
                    fstab:
                      options: defaults
                      fsck-passno: 1
        """

    static let gpt = """
        - local_loop:
            name: image0
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: BSP, type: EF02, size: 8MiB}
              - name: root
                flags: [boot]
                size: 100%
                mkfs:
                  type: ext4
                  mount:
                    mount_point: /
                    fstab: {options: defaults, fsck-passno: 1}
        """

    static let efi = """
        - local_loop:
            name: image0
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - name: ESP
                type: EF00
                size: 550MiB
                mkfs:
                  type: vfat
                  mount:
                    mount_point: /boot/efi
                    fstab: {options: defaults, fsck-passno: 2}
              - name: BSP
                type: EF02
                size: 8MiB
              - name: root
                type: 8300
                size: 100%
                mkfs:
                  type: ext4
                  mount:
                    mount_point: /
                    fstab: {options: defaults, fsck-passno: 1}
        """

    /// As `efi`, on sectors of 4096 bytes and with a smaller ESP.
    static let efi4k =
        efi
        .replacing("name: image0\n- part", with: "name: image0\n    block_size: 4096\n- part")
        .replacing("550MiB", with: "500MiB")

    static let efiLVM = """
        - local_loop:
            name: image0
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - name: ESP
                type: EF00
                size: 550MiB
                mkfs:
                  type: vfat
                  mount:
                    mount_point: /boot/efi
                    fstab: {options: defaults, fsck-passno: 2}
              - {name: BSP, type: EF02, size: 8MiB}
              - {name: root, flags: [boot], size: 40G}
        - lvm:
            name: lvm
            base: [root]
            pvs:
              - {name: pv, base: root, options: [--force]}
            vgs:
              - {name: vg, base: [pv], options: [--force]}
            lvs:
              - {name: lv_root, base: vg, extents: 23%VG}
              - {name: lv_var, base: vg, extents: 57%VG}
              - {name: lv_home, base: vg, extents: 20%VG}
        - mkfs:
            name: fs_root
            base: lv_root
            type: xfs
            label: img-rootfs
            mount:
              mount_point: /
              fstab: {options: "rw,relatime", fsck-passno: 1}
        - mkfs:
            name: fs_var
            base: lv_var
            type: xfs
            mount:
              mount_point: /var
              fstab: {options: "rw,relatime", fsck-passno: 2}
        - mkfs:
            name: fs_home
            base: lv_home
            type: xfs
            mount:
              mount_point: /home
              fstab: {options: "rw,nodev,relatime", fsck-passno: 2}
        """

    /// The PReP layout of little-endian POWER, which has an MBR partition of another type.
    static let mbrPOWER = """
        - local_loop:
            name: image0
        - partitioning:
            base: image0
            label: mbr
            partitions:
              - {name: boot, flags: [boot, primary], type: "0x41", size: 8MiB}
              - name: root
                flags: [primary]
                size: 100%
                mkfs:
                  type: ext4
                  mount:
                    mount_point: /
                    fstab: {options: defaults, fsck-passno: 1}
        """
}
