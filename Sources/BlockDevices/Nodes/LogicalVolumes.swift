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
        try LogicalVolume.check(name: name, reader)
        guard let base = try reader.words("base") else {
            throw reader.error("Missing 'base' in vgs config", at: "base")
        }
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

    /// LVM's default; a document can change it only by an option that we do not interpret.
    static let extentSize: UInt64 = 4 << 20
    /// `50`, `50%FREE`: a number of extents, or a share of something.
    static var extentsPattern: Regex<(Substring, Substring, Substring?)> {
        /\+?([0-9]{1,12})(?:%([Vv][Gg]|[Ff][Rr][Ee][Ee]|[Pp][Vv][Ss]|[Oo][Rr][Ii][Gg][Ii][Nn]))?/
    }

    init(_ element: ConfigurationValue, volumeGroups: [VolumeGroup]) throws(BlockDeviceError) {
        let reader = try AttributeReader(element: element, of: "lvs")
        name = try reader.text("name", missing: "Missing 'name' in lvs config")
        guard let base = reader.value("base")?.text else {
            throw reader.error("Missing 'base' in lvs config", at: "base")
        }
        statedSize = try reader.text("size")
        if let size = try reader.size("size") {
            extent = .size(ByteCount(size.bytes / Self.extentSize * Self.extentSize))
        } else if let extents = try reader.text("extents"), !extents.isEmpty {
            extent = .extents(extents)
        } else {
            throw reader.error("Missing 'size' or 'extents' in lvs config", at: "size")
        }
        guard volumeGroups.contains(where: { $0.name == base }) else {
            throw reader.error("base:\(base) in lvs does not match a valid vg", at: "base")
        }
        try Self.check(name: name, reader)
        if case .extents(let text) = extent, text.wholeMatch(of: Self.extentsPattern) == nil {
            throw reader.error(
                "extents '\(text)' are not a number, or a share such as 50%VG or 100%FREE", at: "extents")
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
        if provisioning == .thin, case .extents = extent {
            throw reader.error("thin volume '\(name)' needs a 'size': it has no extents of its own", at: "size")
        }
    }

    /// lvm(8): what a name may be made of.
    static func check(name: String, _ reader: AttributeReader) throws(BlockDeviceError) {
        guard name.wholeMatch(of: /[A-Za-z0-9+_.][A-Za-z0-9+_.-]*/) == nil || name == "." || name == ".." else {
            return
        }
        throw reader.error("'\(name)' is not a name for LVM: letters, digits and +_.- may be in it", at: "name")
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
        guard let physical = try reader.list("pvs") else {
            throw reader.error("Lvm config requires a 'pvs'", at: "pvs")
        }
        guard let groups = try reader.list("vgs") else { throw reader.error("Lvm config needs 'vgs'", at: "vgs") }
        guard let logical = try reader.list("lvs") else { throw reader.error("Lvm config needs 'lvs'", at: "lvs") }
        var physicalVolumes: [PhysicalVolume] = []
        for element in physical { physicalVolumes.append(try PhysicalVolume(element)) }
        var volumeGroups: [VolumeGroup] = []
        for element in groups {
            volumeGroups.append(try VolumeGroup(element, physicalVolumes: physicalVolumes))
        }
        var logicalVolumes: [LogicalVolume] = []
        for element in logical {
            let volume = try LogicalVolume(element, volumeGroups: volumeGroups)
            try Self.check(volume, follows: logicalVolumes, in: element)
            logicalVolumes.append(volume)
        }
        self.physicalVolumes = physicalVolumes
        self.volumeGroups = volumeGroups
        self.logicalVolumes = logicalVolumes
    }

    /// A thin volume lives in a pool of its own group, and the pool is made first.
    private static func check(
        _ volume: LogicalVolume, follows others: [LogicalVolume], in element: ConfigurationValue
    ) throws(BlockDeviceError) {
        guard volume.provisioning == .thin else { return }
        let location =
            element.mapping?["thin-pool"]?.location ?? element.location.appending(key: "thin-pool", line: nil)
        guard let pool = volume.thinPool else {
            throw BlockDeviceError(.node, "thin volume '\(volume.name)' needs a 'thin-pool'", at: location)
        }
        let isThere = others.contains {
            $0.name == pool && $0.base == volume.base && $0.provisioning == .thinPool
        }
        guard isThere else {
            throw BlockDeviceError(
                .node, "'\(pool)' is no thin-pool of volume group '\(volume.base)' before '\(volume.name)'",
                at: location)
        }
    }
}
