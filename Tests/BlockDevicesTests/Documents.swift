import Basics
import BlockDevices

/// Parameters as a build passes them.
let buildParameters = BlockDeviceParameters(
    rootFilesystemType: "ext4", imageSize: .gibibytes(2), imageDirectory: "/img", mountBase: "/build/mnt",
    buildDirectory: "/build")

func graph(_ yaml: String, _ parameters: BlockDeviceParameters = buildParameters) throws -> BlockDeviceGraph {
    try BlockDeviceGraph(BlockDeviceConfiguration(yaml: yaml), parameters: parameters)
}

/// The error of making a graph of a document, or nothing.
func graphError(_ yaml: String, _ parameters: BlockDeviceParameters = buildParameters) throws -> BlockDeviceError? {
    do {
        _ = try graph(yaml, parameters)
        return nil
    } catch let error as BlockDeviceError {
        return error
    }
}

/// A document with one table; `partitions` is a YAML flow list or an indented block.
func tableDocument(label: String = "mbr", partitions: String, extra: String = "") -> String {
    """
    - local_loop: {name: image0}
    - partitioning:
        base: image0
        label: \(label)
        partitions: \(partitions)
    \(extra)
    """
}

/// Documents of the acceptance cases, each in the two styles of the format.
enum Documents {
    static let simpleGraph = """
        - mkfs: {name: root_fs, base: root_part, type: xfs}
        - mount: {name: mount_root_fs, base: root_fs, mount_point: /}
        """

    static let simpleTree = """
        - mkfs:
            name: root_fs
            base: root_part
            type: xfs
            mount:
              mount_point: /
        """

    static let deepTree = """
        - local_loop:
            name: image0
        - partitioning:
            name: mbr
            base: image0
            label: mbr
            partitions:
              - name: root
                flags: [boot, primary]
                size: 100%
                mkfs:
                  type: ext4
                  mount:
                    mount_point: /
                    fstab:
                      options: defaults
                      fsck-passno: 1
        """

    static let deepGraph = """
        - local_loop: {name: image0}
        - partitioning:
            name: mbr
            base: image0
            label: mbr
            partitions:
              - {name: root, base: image0, flags: [boot, primary], size: 100%}
        - mount: {name: mount_mkfs_root, base: mkfs_root, mount_point: /}
        - fstab: {name: fstab_mount_mkfs_root, base: mount_mkfs_root, options: defaults, fsck-passno: 1}
        - mkfs: {name: mkfs_root, base: root, type: ext4}
        """

    static let rootUUID = "b6c1a6f0-2f4e-4b0a-9f2e-6a8f0f5c1234"
    static let swapUUID = "0d9ed3b1-7a2c-4b8e-8d35-9b1f5a7e1234"

    static let multiplePartitionsTree = """
        - local_loop: {name: image0}
        - partitioning:
            name: mbr
            base: image0
            label: mbr
            partitions:
              - name: root
                flags: [boot, primary]
                size: 54%
                mkfs:
                  type: xfs
                  uuid: \(rootUUID)
                  mount:
                    mount_point: /
                    fstab: {options: defaults, fsck-passno: 1}
              - name: var
                size: 40%
                mkfs:
                  type: xfs
                  mount:
                    mount_point: /var
                    fstab: {options: defaults, fsck-passno: 1}
              - name: var_log
                size: 5%
                mkfs:
                  type: vfat
                  label: varlog
                  mount:
                    mount_point: /var/log
                    fstab: {options: defaults, fsck-passno: 1}
              - name: swap
                size: 1%
                mkfs:
                  type: swap
                  uuid: \(swapUUID)
                  mount:
                    mount_point: none
                    fstab: {options: sw}
        """

    static let multiplePartitionsGraph = """
        - local_loop: {name: image0}
        - partitioning:
            name: mbr
            base: image0
            label: mbr
            partitions:
              - {name: root, base: image0, flags: [boot, primary], size: 54%}
              - {name: var, base: image0, size: 40%}
              - {name: var_log, base: image0, size: 5%}
              - {name: swap, base: image0, size: 1%}
        - mkfs: {name: mkfs_root, base: root, type: xfs, uuid: \(rootUUID)}
        - mount: {name: mount_mkfs_root, base: mkfs_root, mount_point: /}
        - fstab: {name: fstab_mount_mkfs_root, base: mount_mkfs_root, options: defaults, fsck-passno: 1}
        - mkfs: {name: mkfs_var, base: var, type: xfs}
        - mount: {name: mount_mkfs_var, base: mkfs_var, mount_point: /var}
        - fstab: {name: fstab_mount_mkfs_var, base: mount_mkfs_var, options: defaults, fsck-passno: 1}
        - mkfs: {name: mkfs_var_log, base: var_log, type: vfat, label: varlog}
        - mount: {name: mount_mkfs_var_log, base: mkfs_var_log, mount_point: /var/log}
        - fstab: {name: fstab_mount_mkfs_var_log, base: mount_mkfs_var_log, options: defaults, fsck-passno: 1}
        - mkfs: {name: mkfs_swap, base: swap, type: swap, uuid: \(swapUUID)}
        - mount: {name: mount_mkfs_swap, base: mkfs_swap, mount_point: none}
        - fstab: {name: fstab_mount_mkfs_swap, base: mount_mkfs_swap, options: sw}
        """

    static let gptEFI = """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - name: ESP
                type: EF00
                size: 8MiB
                mkfs:
                  type: vfat
                  mount:
                    mount_point: /boot/efi
                    fstab: {options: defaults, fsck-passno: 1}
              - {name: BSP, type: EF02, size: 8MiB}
              - name: Root Part
                type: 8300
                size: 100%
                mkfs:
                  type: ext4
                  mount:
                    mount_point: /
                    fstab: {options: defaults, fsck-passno: 1}
        """
}
