package import Basics

/// Finds the smallest disk of a layout that holds a tree, and says of any size whether it does.
///
/// Pure: plays the layout and the making of its filesystems through at one size after another.
package struct DiskSizer: Sendable {
    private let configuration: BlockDeviceConfiguration
    private let parameters: BlockDeviceParameters
    private let formatters: FormatterFacts
    /// Of the coming layout: the seed of its directory hashes is what large directories depend on.
    private let generator: SeededGenerator
    private let parts: [TreePart]
    /// Devices whose sizes the document states.
    private let stated: Set<String>
    private let free: FreeSpace
    private let rule: RootRule
    /// Words for the root's mkfs.
    private let rootOptions: @Sendable (RootFormat) -> String

    /// How the root filesystem is made for a disk of a size.
    package enum RootRule: Sendable {
        /// As the contract has it, for a tree of so many KiB.
        case compatible(ImageSizing, treeKibibytes: UInt64)
        /// With a journal of so many MiB, if it is an ext4, and inodes to measure.
        case exact(journal: UInt64)
    }

    /// Disks are whole multiples of this.
    package static let granularity: UInt64 = 64 << 10
    private static let largest: UInt64 = 1 << 46

    package init(
        configuration: BlockDeviceConfiguration, parameters: BlockDeviceParameters, survey: TreeSurvey,
        free: FreeSpace, rule: RootRule, formatters: FormatterFacts = FormatterFacts(), generator: SeededGenerator,
        rootOptions: @escaping @Sendable (RootFormat) -> String
    ) throws(BlockDeviceError) {
        self.configuration = configuration
        self.parameters = parameters
        self.formatters = formatters
        self.generator = generator
        self.free = free
        self.rule = rule
        self.rootOptions = rootOptions
        let graph = try BlockDeviceGraph(configuration, parameters: parameters)
        let mounts = graph.mounts.filter { graph.filesystem(of: $0).map { $0.type.family != .swap } ?? false }
        let loops = graph.localLoops.filter { $0.size != nil }.map(\.name)
        let partitions = graph.partitionings.flatMap(\.partitions).filter { partition in
            if case .absolute = partition.size { true } else { loops.contains(partition.base) }
        }
        stated = Set(loops + partitions.map(\.name))
        parts = TreePart.parts(of: survey, mountPoints: mounts.map(\.absolutePath))
    }

    /// The layout and what of the tree each of its filesystems gets.
    package func fit(at image: ByteCount) throws(BlockDeviceError) -> DiskFit {
        var known: [DemandKey: FilesystemDemand] = [:]
        return try fit(at: image, &known)
    }

    /// The smallest disk on which everything fits; nothing if no size helps, since a partition of stated size is too small.
    package func smallest() throws(BlockDeviceError) -> DiskFit? {
        var known: [DemandKey: FilesystemDemand] = [:]
        var low: UInt64 = 0
        var high: UInt64 = 64 << 20
        while true {
            do throws(BlockDeviceError) {
                let fit = try fit(at: ByteCount(high), &known)
                if fit.holds { break }
                if high >= Self.largest { return nil }
            } catch {
                if high >= Self.largest { throw error }
            }
            low = high
            high *= 2
        }
        while high - low > Self.granularity {
            let middle = (low + (high - low) / 2) / Self.granularity * Self.granularity
            let holds = (try? fit(at: ByteCount(middle), &known).holds) ?? false
            if holds { high = middle } else { low = middle }
        }
        return try fit(at: ByteCount(high), &known)
    }

    /// The least size of the filesystem at `mountPoint` that holds its part of the tree; for partitions of stated size.
    package func leastSize(of mountPoint: String, at image: ByteCount) throws(BlockDeviceError) -> ByteCount? {
        let layout = try layout(at: image, rootFormat(image: image, try layout(at: image, RootFormat(journal: 4))))
        guard let part = parts.first(where: { $0.mountPoint == mountPoint }),
            let name = layout.mounts.first(where: { $0.mountPoint == mountPoint })?.filesystem,
            let model = layout.filesystems.first(where: { $0.name == name })?.model
        else { return nil }
        let share = mountPoint == "/" ? free : .bytes(.zero)
        func holds(_ mebibytes: UInt64) -> Bool {
            let size = ByteCount.mebibytes(mebibytes)
            let demand = model.demand(of: part, allocationUnit: model.allocationUnit(at: size))
            return model.capacity(of: size, for: demand).holds(demand, free: share.bytes(of: size))
        }
        var (low, high): (UInt64, UInt64) = (0, 1)
        while !holds(high) {
            guard high < Self.largest >> 20 else { return nil }
            (low, high) = (high, high * 2)
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle }
        }
        return .mebibytes(high)
    }

    // MARK: One size

    private struct DemandKey: Hashable {
        let mountPoint: String
        let unit: UInt64
    }

    private func fit(
        at image: ByteCount, _ known: inout [DemandKey: FilesystemDemand]
    ) throws(BlockDeviceError) -> DiskFit {
        // The windows do not depend on how filesystems are made: the first layout gives them.
        let root = rootFormat(image: image, try layout(at: image, RootFormat(journal: 4)))
        let layout = try layout(at: image, root)
        var fits: [FilesystemFit] = []
        for part in parts {
            guard let mount = layout.mounts.first(where: { $0.mountPoint == part.mountPoint }),
                let plan = layout.filesystems.first(where: { $0.name == mount.filesystem }),
                let size = layout.size(of: plan.device)
            else { continue }
            let model = plan.model
            let key = DemandKey(mountPoint: part.mountPoint, unit: model.allocationUnit(at: size))
            let demand = known[key] ?? model.demand(of: part, allocationUnit: key.unit)
            known[key] = demand
            fits.append(
                FilesystemFit(
                    mountPoint: part.mountPoint, device: plan.device, size: size, demand: demand,
                    capacity: model.capacity(of: size, for: demand),
                    // Nobody can use what is free in a file system that is read only.
                    free: part.mountPoint == "/" && !plan.type.isReadOnly ? free.bytes(of: size) : 0,
                    isPacked: plan.type.isReadOnly, isStated: stated.contains(plan.device)))
        }
        return DiskFit(image: image, root: root, filesystems: fits)
    }

    private func rootFormat(image: ByteCount, _ layout: BlockDeviceLayout) -> RootFormat {
        switch rule {
        case .compatible(var sizing, let tree):
            if case .fixed = sizing.basis {
                let whole = image.bytes - min(image.bytes, sizing.padding.bytes)
                sizing.basis = .fixed(gibibytes: Double(whole) / 1_073_741_824)
            }
            return RootFormat(journal: sizing.size(treeKibibytes: tree).journal)
        case .exact(let journal):
            guard let part = parts.first(where: { $0.mountPoint == "/" }),
                let mount = layout.mounts.first(where: { $0.mountPoint == "/" }), mount.type.name == "ext4",
                let size = layout.size(of: mount.device)
            else { return RootFormat() }
            let count = InodePolicy.count(size: size, tree: part.inodeCount, free: free.bytes(of: size))
            return RootFormat(journal: journal, inodes: count)
        }
    }

    private func layout(at image: ByteCount, _ root: RootFormat) throws(BlockDeviceError) -> BlockDeviceLayout {
        var parameters = parameters
        parameters.imageSize = image
        parameters.rootFilesystemOptions = rootOptions(root)
        var generator = generator
        return try BlockDeviceLayout(
            BlockDeviceGraph(configuration, parameters: parameters), formatters: formatters, using: &generator)
    }
}

extension BlockDeviceLayout {
    /// Of a partition, an image file or a logical volume.
    fileprivate func size(of device: String) -> ByteCount? {
        self.device(device)?.size ?? volumes.first { $0.name == device }?.size
    }
}
