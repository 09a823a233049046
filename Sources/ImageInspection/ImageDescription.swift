package import Basics

/// What is inside a disk image; printed as text or, as it stands, as JSON.
///
/// Sizes and offsets are bytes.
package struct ImageDescription: Hashable, Sendable, Codable {
    package var file: String
    /// The format's name, as `ingot convert` takes it.
    package var format: String
    /// What a guest sees as the size of its disk.
    package var virtualSize: ByteCount
    package var fileSize: ByteCount
    /// What the file takes on its file system.
    package var allocatedSize: ByteCount
    package var table: Table?
    /// Why there is no table, where the disk looks as if it had one.
    package var tableProblem: String?
    /// What the whole disk holds, if it has no table.
    package var filesystem: Filesystem?
    package var partitions: [Partition] = []
    package var boot = Boot()
    /// What kind of archive or compressed stream it is rather than a disk.
    package var archive: String?
    /// The operating systems found, as a rule one.
    package var systems: [System] = []

    package struct Table: Hashable, Sendable, Codable {
        package var label: PartitionTable.Label
        package var identifier: String
        package var sectorSize: UInt64
    }

    package struct Partition: Hashable, Sendable, Codable {
        package var number: Int
        package var start: ByteCount
        package var size: ByteCount
        package var type: String
        /// The type in words; nil where it is not known.
        package var typeName: String?
        package var name: String?
        package var identifier: String?
        /// MBR: active; GPT: the attribute "legacy BIOS bootable".
        package var isBootable: Bool
        package var filesystem: Filesystem?
        /// Why the partition could not be looked into.
        package var problem: String?
    }

    package struct Filesystem: Hashable, Sendable, Codable {
        /// libblkid's word: `ext4`, `vfat`, `LVM2_member`.
        package var type: String
        package var version: String?
        package var label: String?
        package var identifier: String?
        package var size: ByteCount?
        package var used: ByteCount?
    }

    /// What firmware finds to start.
    package struct Boot: Hashable, Sendable, Codable {
        /// For BIOS: `GRUB`, `other`; nil if the first sector has no code.
        package var bios: String?
        /// First sector of GRUB's core image, if that is what the boot sector leads to.
        package var coreSector: UInt64?
        /// For UEFI: paths of loaders on system partitions.
        package var loaders: [String] = []

        package init() {}
    }

    package struct System: Hashable, Sendable, Codable {
        /// Where it was found: a partition's number, 0 for the whole disk.
        package var partition: Int
        /// `PRETTY_NAME`, `ID`, `VERSION_ID` of os-release(5).
        package var name: String?
        package var identifier: String?
        package var version: String?
        /// Versions of the kernels in /boot, and of a separate /boot.
        package var kernels: [String]
        /// Why it could not be read.
        package var problem: String?
    }
}
