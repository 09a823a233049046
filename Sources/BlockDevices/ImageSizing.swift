package import Basics

/// How large the image is made for a tree (compat-blockdevice 2.4, compat-core 7.1).
///
/// In KiB, with upstream's truncations, so that the same tree gets the same size. One deliberate difference: upstream
/// fails on trees below some 40 MiB, whose filesystem cannot hold the journal of 64 MiB; here the journal shrinks.
package struct ImageSizing: Hashable, Sendable, Codable {
    package enum Basis: Hashable, Sendable, Codable {
        /// `DIB_IMAGE_SIZE`, in GiB; the tree is not asked.
        case fixed(gibibytes: Double)
        /// The tree plus `DIB_IMAGE_EXTRA_SIZE`, in MiB.
        case extra(mebibytes: Double)
        /// The tree shall fill six tenths.
        case proportional
    }

    package struct Size: Hashable, Sendable, Codable {
        package let image: ByteCount
        /// MiB, for `-J size=`; nothing for filesystems other than ext4.
        package let journal: UInt64?
    }

    package var basis: Basis
    package var rootFilesystemType: String
    /// `DIB_JOURNAL_SIZE` in MiB, if the user sets it.
    package var journal: UInt64?
    /// Room for partitions beside the root's: `efiPadding(for:)` if an EFI layout element is used, else nothing.
    package var padding: ByteCount
    /// What the disk holds beside the root's filesystem, `overhead(of:)`; counts only where the default journal does
    /// not fit, since upstream ignores it.
    package var overhead: ByteCount

    package init(
        basis: Basis, rootFilesystemType: String, journal: UInt64? = nil, padding: ByteCount = .zero,
        overhead: ByteCount = .mebibytes(2)
    ) {
        self.basis = basis
        self.rootFilesystemType = rootFilesystemType
        self.journal = journal
        self.padding = padding
        self.overhead = overhead
    }

    /// For a build on this graph; `isEFI` if one of its elements is a `block-device-efi` one.
    package init(
        basis: Basis, graph: BlockDeviceGraph, rootFilesystemType: String, journal: UInt64? = nil, isEFI: Bool
    ) {
        self.init(
            basis: basis, rootFilesystemType: rootFilesystemType, journal: journal,
            padding: isEFI ? Self.efiPadding(for: graph) : .zero, overhead: Self.overhead(of: graph))
    }

    private static let defaultJournal: UInt64 = 64
    private static let leastJournal: UInt64 = 4
    private static let granularity: UInt64 = 64 << 10
    /// MiB of room for the tree from which mke2fs accepts the default journal, with something to spare.
    private static let roomForDefaultJournal: UInt64 = 96
    /// The same for a whole filesystem of fixed size.
    private static let filesystemForDefaultJournal: UInt64 = 160
    /// Less than this many MiB make no filesystem with a journal.
    private static let leastRoom: UInt64 = 16

    /// The size for a tree that takes this many KiB of disk space (`du -k`).
    package func size(treeKibibytes tree: UInt64) -> Size {
        let isExt4 = rootFilesystemType == "ext4"
        var kibibytes: UInt64
        var chosenJournal: UInt64?
        switch basis {
        case .fixed(let gibibytes):
            kibibytes = Self.truncated(gibibytes * 1_048_576)
            if isExt4 {
                let disk = kibibytes + padding.wholeKibibytes
                let mebibytes = (disk - min(disk, overhead.wholeKibibytes)) >> 10
                let fitting = mebibytes >= Self.filesystemForDefaultJournal ? Self.defaultJournal : mebibytes / 4
                chosenJournal = journal ?? max(Self.leastJournal, fitting)
            }
        case .extra(let mebibytes):
            (kibibytes, chosenJournal) = withJournal(tree + Self.truncated(mebibytes * 1024))
        case .proportional:
            (kibibytes, chosenJournal) = withJournal(Self.truncated(Double(tree) / 0.6))
        }
        let image = (ByteCount.kibibytes(kibibytes) + padding).roundedUp(to: Self.granularity)
        return Size(image: image, journal: chosenJournal)
    }

    /// Room for the tree and room for the journal.
    private func withJournal(_ room: UInt64) -> (kibibytes: UInt64, journal: UInt64?) {
        guard rootFilesystemType == "ext4" else { return (room, nil) }
        if let journal { return (room + journal << 10, journal) }
        if room >= Self.roomForDefaultJournal << 10 { return (room + Self.defaultJournal << 10, Self.defaultJournal) }
        let enough = max(room, Self.leastRoom << 10)
        let half = enough >> 11
        return (enough + half << 10 + unpaddedOverhead, half)
    }

    /// KiB that partitions beside the root's need over what the padding gives them.
    private var unpaddedOverhead: UInt64 { max(overhead, padding).wholeKibibytes - padding.wholeKibibytes }

    private static func truncated(_ value: Double) -> UInt64 {
        value > 0 ? UInt64(min(value, 9e15).rounded(.towardZero)) : 0
    }

    /// What upstream adds for an EFI layout, 525 MiB, or what the layout really needs beside its root, if that is more.
    ///
    /// Upstream's own EFI layout has 558 MiB of other partitions: its root comes out 33 MiB too small.
    package static func efiPadding(for graph: BlockDeviceGraph) -> ByteCount {
        max(.mebibytes(525), overhead(of: graph))
    }

    /// The partitions of stated size beside the root's on its disk, and 2 MiB for the table and alignment.
    package static func overhead(of graph: BlockDeviceGraph) -> ByteCount {
        let root = graph.mounts.first { $0.absolutePath == "/" }.flatMap(graph.filesystem(of:))?.base
        guard let table = graph.partitionings.first(where: { $0.partitions.contains { $0.name == root } }) else {
            return .zero
        }
        var sum = ByteCount.mebibytes(2)
        for partition in table.partitions where partition.name != root {
            if case .absolute(let size) = partition.size { sum = sum + size.roundedUp(to: 1 << 20) }
        }
        return sum
    }
}
