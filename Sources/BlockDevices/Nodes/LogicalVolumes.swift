package import Basics

/// A block device given to LVM.
package struct PhysicalVolume: Hashable, Sendable, Codable {
    package let name: String
    package let base: String
    package let options: [String]

    init(_ element: ConfigurationValue) throws(BlockDeviceError) {
        let reader = try AttributeReader(element: element, of: "pvs")
        name = try reader.text("name", missing: "Missing 'name' in pvs config")
        base = try reader.text("base", missing: "Missing 'base' in pvs_config")
        options = try reader.words("options") ?? []
    }
}

/// A pool of physical volumes.
package struct VolumeGroup: Hashable, Sendable, Codable {
    package let name: String
    package let base: [String]
    package let options: [String]

    init(_ element: ConfigurationValue, physicalVolumes: [PhysicalVolume]) throws(BlockDeviceError) {
        let reader = try AttributeReader(element: element, of: "vgs")
        name = try reader.text("name", missing: "Missing 'name' in vgs config")
        guard let base = try reader.words("base") else { throw reader.error("Missing 'base' in vgs config") }
        for volume in base where !physicalVolumes.contains(where: { $0.name == volume }) {
            throw reader.error("base:\(volume) in vgs does not match a valid pvs", at: "base")
        }
        guard !base.isEmpty else { throw reader.error("'base' of vgs '\(name)' is empty", at: "base") }
        self.base = base
        options = try reader.words("options") ?? []
    }
}

/// A slice of a volume group, which carries a filesystem.
package struct LogicalVolume: Hashable, Sendable, Codable {
    package enum Provisioning: String, Hashable, Sendable, Codable {
        case thin
        case thinPool = "thin-pool"
    }

    package enum Extent: Hashable, Sendable, Codable {
        /// Bytes, a multiple of LVM's extent of 4 MiB.
        case size(ByteCount)
        /// LVM's own expression, such as `28%VG`.
        case extents(String)
    }

    package let name: String
    /// The volume group.
    package let base: String
    package let extent: Extent
    /// The size in the document's words.
    package let statedSize: String?
    package let provisioning: Provisioning?
    package let thinPool: String?
    package let options: [String]

    private static let extentSize: UInt64 = 4 << 20

    init(_ element: ConfigurationValue, volumeGroups: [VolumeGroup]) throws(BlockDeviceError) {
        let reader = try AttributeReader(element: element, of: "lvs")
        name = try reader.text("name", missing: "Missing 'name' in lvs config")
        guard let base = reader.value("base")?.text else { throw reader.error("Missing 'base' in lvs config") }
        statedSize = try reader.text("size")
        if let size = try reader.size("size") {
            extent = .size(ByteCount(size.bytes / Self.extentSize * Self.extentSize))
        } else if let extents = try reader.text("extents"), !extents.isEmpty {
            extent = .extents(extents)
        } else {
            throw reader.error("Missing 'size' or 'extents' in lvs config")
        }
        guard volumeGroups.contains(where: { $0.name == base }) else {
            throw reader.error("base:\(base) in lvs does not match a valid vg", at: "base")
        }
        self.base = base
        if let type = try reader.text("type") {
            guard let provisioning = Provisioning(rawValue: type) else {
                throw reader.error("Unsupported type:\(type), supported types: thin, thin-pool", at: "type")
            }
            self.provisioning = provisioning
        } else {
            provisioning = nil
        }
        thinPool = try reader.text("thin-pool")
        options = try reader.words("options") ?? []
    }
}

/// One `lvm` entry: the node that stands between the partitions and everything LVM makes of them.
package struct LogicalVolumes: Hashable, Sendable, Codable {
    package let name: String
    package let physicalVolumes: [PhysicalVolume]
    package let volumeGroups: [VolumeGroup]
    package let logicalVolumes: [LogicalVolume]

    init(_ entry: ConfigurationEntry) throws(BlockDeviceError) {
        let reader = AttributeReader(entry)
        name = try reader.text("name", missing: "Lvm config requires 'name'")
        guard let physical = try reader.list("pvs") else { throw reader.error("Lvm config requires a 'pvs'") }
        guard let groups = try reader.list("vgs") else { throw reader.error("Lvm config needs 'vgs'") }
        guard let logical = try reader.list("lvs") else { throw reader.error("Lvm config needs 'lvs'") }
        var physicalVolumes: [PhysicalVolume] = []
        for element in physical { physicalVolumes.append(try PhysicalVolume(element)) }
        var volumeGroups: [VolumeGroup] = []
        for element in groups {
            volumeGroups.append(try VolumeGroup(element, physicalVolumes: physicalVolumes))
        }
        var logicalVolumes: [LogicalVolume] = []
        for element in logical { logicalVolumes.append(try LogicalVolume(element, volumeGroups: volumeGroups)) }
        self.physicalVolumes = physicalVolumes
        self.volumeGroups = volumeGroups
        self.logicalVolumes = logicalVolumes
    }
}
