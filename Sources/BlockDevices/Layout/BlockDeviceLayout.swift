import Basics

/// A graph at a known size: every byte offset, command line and fstab line of the disks, before any of them exists.
///
/// The second pure step. It runs in the middle of a build, when the tree has been measured; everything random in it
/// comes from the generator that is passed in, and is drawn in a fixed order whether the document states a value or
/// not, so that stating one UUID changes no other.
package struct BlockDeviceLayout: Hashable, Sendable, Codable {
    /// In order of creation, as everything below.
    package let images: [ImageFile]
    /// Whole images and partitions.
    package let devices: [DeviceWindow]
    package let filesystems: [FilesystemPlan]
    /// In mount order; unmounting goes backwards.
    package let mounts: [MountPlan]
    /// LVM entries; their volumes have no window in an image file.
    package let logicalVolumes: [LogicalVolumes]
    /// The sizes of their volumes, in the document's order.
    package let volumes: [VolumePlan]

    /// LVM needs the kernel's device-mapper.
    package var requiresDeviceMapper: Bool { !logicalVolumes.isEmpty }

    /// The text of `/etc/fstab`.
    package var fstab: String { mounts.compactMap(\.fstabLine).map { $0 + "\n" }.joined() }

    package func device(_ name: String) -> DeviceWindow? { devices.first { $0.name == name } }

    /// The disk of the build: hooks know it as `IMAGE_BLOCK_DEVICE`.
    package var mainImage: ImageFile? { images.first { $0.name == "image0" } }

    /// Computes the layout of `graph` for the sizes and places in its parameters.
    package init(
        _ graph: BlockDeviceGraph, formatters: FormatterFacts = FormatterFacts(), timestamp: UInt64? = nil,
        using generator: inout some RandomNumberGenerator
    ) throws(BlockDeviceError) {
        var images: [ImageFile] = []
        var devices: [DeviceWindow] = []
        for loop in graph.localLoops {
            let (image, windows) = try Self.image(loop, graph: graph, using: &generator)
            images.append(image)
            devices += windows
        }
        var volumes: [VolumePlan] = []
        for entry in graph.logicalVolumes {
            volumes += try VolumePlacement(
                volumes: entry, size: { name in devices.first { $0.name == name }?.size.bytes },
                locations: graph.locations
            ).plans()
        }
        var filesystems: [FilesystemPlan] = []
        for filesystem in graph.filesystems {
            if let reason = graph.reasonForFiles(filesystem), graph.parameters.backend != .file {
                throw BlockDeviceError(
                    .layout, "\(reason): 'ingot build' does that (--backend file)",
                    at: graph.locations[filesystem.name])
            }
            let window = devices.first { $0.name == filesystem.base }
            let image = images.first { $0.name == window?.image }
            let site = FormatSite(
                window: window, size: window?.size ?? volumes.first { $0.name == filesystem.base }?.size,
                sectorSize: image?.sectorSize ?? 512, formatters: formatters, timestamp: timestamp)
            filesystems.append(FilesystemPlan(filesystem, site: site, using: &generator))
        }
        self.images = images
        self.devices = devices
        self.filesystems = filesystems
        mounts = try Self.mounts(of: graph, filesystems, sources: FilesystemSources(images: images, devices: devices))
        logicalVolumes = graph.logicalVolumes
        self.volumes = volumes
    }

    private static func image(
        _ loop: LocalLoop, graph: BlockDeviceGraph, using generator: inout some RandomNumberGenerator
    ) throws(BlockDeviceError) -> (ImageFile, [DeviceWindow]) {
        guard let stated = loop.size ?? graph.parameters.imageSize else {
            throw BlockDeviceError(
                .layout, "'\(loop.name)' has no 'size', and there is no 'image-size'",
                at: graph.locations[loop.name]?.appending(key: "size", line: nil))
        }
        guard let directory = loop.directory ?? graph.parameters.imageDirectory else {
            throw BlockDeviceError(
                .layout, "'\(loop.name)' has no 'directory', and there is no 'image-dir'",
                at: graph.locations[loop.name]?.appending(key: "directory", line: nil))
        }
        let size = stated.roundedUp(to: loop.sectorSize)
        let whole = DeviceWindow(name: loop.name, image: loop.name, offset: 0, size: size, partitionNumber: nil)
        var windows = [whole]
        var table: PartitionTable?
        if let partitioning = graph.partitionings.first(where: { $0.base == loop.name }) {
            let places = try PartitionPlacement(
                partitioning: partitioning, image: loop.name, diskSize: size.bytes, sectorSize: loop.sectorSize,
                locations: graph.locations
            ).places()
            table = PartitionTable(
                partitioning, sectorSize: loop.sectorSize, places: places, using: &generator)
            windows += places.compactMap { place in
                place.partition.map {
                    DeviceWindow(
                        name: $0.name, image: loop.name, offset: place.start, size: ByteCount(place.size),
                        partitionNumber: place.number)
                }
            }
        }
        let path = directory.hasSuffix("/") ? "\(directory)\(loop.name).raw" : "\(directory)/\(loop.name).raw"
        let image = ImageFile(name: loop.name, path: path, size: size, sectorSize: loop.sectorSize, table: table)
        return (image, windows)
    }

    private static func mounts(
        of graph: BlockDeviceGraph, _ plans: [FilesystemPlan], sources: FilesystemSources
    ) throws(BlockDeviceError) -> [MountPlan] {
        guard !graph.mounts.isEmpty else { return [] }
        guard let base = graph.parameters.mountBase else {
            throw BlockDeviceError(.layout, "Mount default config needs 'mount-base'")
        }
        let directory = base.count > 1 && base.hasSuffix("/") ? String(base.dropLast()) : base
        var mounts: [MountPlan] = []
        for mount in graph.mounts {
            guard let filesystem = graph.filesystem(of: mount) else { continue }
            let entry = graph.fstabEntry(of: mount)
            let uuid = plans.first { $0.name == filesystem.name }?.uuid ?? ""
            let source = try sources.source(of: filesystem, uuid: uuid, entry: entry, locations: graph.locations)
            mounts.append(
                MountPlan(
                    mount, filesystem: filesystem, source: source, fstab: entry, mountBase: directory,
                    filling: graph.filling(of: filesystem)))
        }
        return mounts
    }
}

extension PartitionTable {
    /// The table of these places; identifiers that the document does not state are from the generator.
    ///
    /// It is asked all the same, so that stating one changes no other.
    fileprivate init(
        _ partitioning: Partitioning, sectorSize: UInt64, places: [PartitionPlacement.Place],
        using generator: inout some RandomNumberGenerator
    ) {
        let label = partitioning.label
        let identifier: String
        switch label {
        case .gpt: identifier = randomUUID(using: &generator)
        case .mbr:
            let digits = String(UInt32.random(in: 1...UInt32.max, using: &generator), radix: 16)
            identifier = String(repeating: "0", count: 8 - digits.count) + digits
        }
        var entries: [PartitionEntry] = []
        for place in places {
            let drawn = label == .gpt ? randomUUID(using: &generator) : ""
            entries.append(
                PartitionEntry(
                    number: place.number, kind: place.kind, start: place.start, size: place.size,
                    // 0F: an extended partition that is addressed by block number.
                    type: place.partition?.type ?? "0f", name: label == .gpt ? place.partition?.name ?? "" : "",
                    identifier: place.partition?.uuid ?? drawn,
                    isBootable: place.partition?.isBootable ?? false))
        }
        self.init(
            label: label, sectorSize: sectorSize, diskIdentifier: partitioning.uuid ?? identifier, entries: entries)
    }
}
