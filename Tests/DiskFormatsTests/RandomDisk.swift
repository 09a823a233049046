import Basics
import Foundation
import SystemPackage

@testable import DiskFormats

/// Seeds of a property test: each is a case of its own; `PROPERTY_SEEDS=500` makes the run longer.
func propertySeeds(_ count: UInt64) -> Range<UInt64> {
    0..<(ProcessInfo.processInfo.environment["PROPERTY_SEEDS"].flatMap { UInt64($0) } ?? count)
}

/// A random disk and the options to write it with; sizes cluster around the borders of clusters and tables.
struct RandomDisk {
    enum Content: CaseIterable {
        case hole
        case zeros
        case text
        case noise
        case constant
    }

    private(set) var options: Qcow2Options
    private(set) var size: UInt64
    private(set) var segments: [(offset: UInt64, bytes: [UInt8])] = []

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        options = Self.options(&random)
        let geometry = Qcow2Geometry(
            clusterBits: options.clusterSize.trailingZeroBitCount, virtualSize: 0, hasExtendedL2: options.hasExtendedL2,
            refcountBits: options.refcountBits)
        size = Self.size(geometry, &random)
        fill(geometry, &random)
        if size <= 48 << 20, options.compression == .none {
            options.preallocation = Qcow2Options.Preallocation.allCases.randomElement(using: &random) ?? .off
        }
    }

    private static func options(_ random: inout SeededGenerator) -> Qcow2Options {
        let compressions: [ClusterCompression] = [
            .none, .none, .deflate(level: 1), .deflate(level: 6), .deflate(level: 6), .zstd(level: 1), .zstd(level: 3),
        ]
        var options = Qcow2Options(compression: compressions.randomElement(using: &random) ?? .none)
        let sizes: [UInt64] = [512, 512, 4096, 4096, 65536, 65536, 65536] + (9...21).map { 1 << $0 }
        options.clusterSize = sizes.randomElement(using: &random) ?? 65536
        if options.compressionType == .deflate {
            options.version = Bool.random(using: &random) ? .version2 : .version3
        }
        guard options.version == .version3 else { return options }
        options.hasLazyRefcounts = Bool.random(using: &random)
        options.refcountBits = [16, 16, 16, 1, 2, 4, 8, 32, 64].randomElement(using: &random) ?? 16
        options.hasExtendedL2 = options.clusterSize >= 16384 && Bool.random(using: &random)
        return options
    }

    private static func size(_ geometry: Qcow2Geometry, _ random: inout SeededGenerator) -> UInt64 {
        let cluster = geometry.clusterSize
        let borders = [
            0, cluster, 3 * cluster, geometry.l2Coverage, 2 * geometry.l2Coverage, geometry.l2Coverage + 5 * cluster,
            (geometry.l2Coverage / 8).clamped(to: cluster...(8 << 20)), 1 << 20, 3 << 20,
            (UInt64(geometry.refcountBlockEntryCount) * cluster).clamped(to: cluster...(8 << 20)),
            (UInt64(2 * geometry.refcountBlockEntryCount) * cluster).clamped(to: cluster...(8 << 20)),
        ]
        let border = min(borders.randomElement(using: &random) ?? 0, 4 << 30)
        let nudges: [Int64] = [0, 0, 0, 512, -512, 1, -1, 511, 4096]
        return UInt64(max(0, Int64(border) + (nudges.randomElement(using: &random) ?? 0)))
    }

    /// About 3 MiB of data at most, the rest holes; jumps lead over large disks.
    private mutating func fill(_ geometry: Qcow2Geometry, _ random: inout SeededGenerator) {
        var offset: UInt64 = 0
        var budget = 3 << 20
        let jump = max(geometry.clusterSize, size / 6)
        while offset < size, budget > 0 {
            let longest = min(size - offset, max(4 * geometry.clusterSize, 64 << 10), UInt64(budget))
            let count = Int(UInt64.random(in: 1...longest, using: &random))
            switch Content.allCases.randomElement(using: &random) ?? .hole {
            case .hole: offset += UInt64.random(in: 1...jump, using: &random)
            case let content:
                segments.append((offset, Self.bytes(count, content, &random)))
                offset += UInt64(count)
                budget -= count
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                offset = offset / geometry.clusterSize * geometry.clusterSize
            }
        }
    }

    private static func bytes(_ count: Int, _ content: Content, _ random: inout SeededGenerator) -> [UInt8] {
        switch content {
        case .hole, .zeros: return [UInt8](repeating: 0, count: count)
        case .constant: return [UInt8](repeating: UInt8.random(in: 1...255, using: &random), count: count)
        case .noise: return words(count) { random.next() }
        case .text: return words(count) { random.next() & 0x0707_0707_0F0F_0707 | 0x6060_6060_6060_6060 }
        }
    }

    private static func words(_ count: Int, _ next: () -> UInt64) -> [UInt8] {
        let words = (0..<(count / 8 + 1)).map { _ in next() }
        return words.withUnsafeBytes { Array($0[..<count]) }
    }

    /// How much `change` changed, at most.
    private(set) var changedBytes = 0

    /// Overwrites a few places, with zeros too, and may change the length.
    mutating func change(_ random: inout SeededGenerator) {
        let content = segments.isEmpty ? 0 : Int.random(in: 0...6, using: &random)
        for _ in 0..<content {
            guard let victim = segments.randomElement(using: &random) else { return }
            let count = Int.random(in: 1...max(1, min(victim.bytes.count, 100_000)), using: &random)
            let kind = Content.allCases.randomElement(using: &random) ?? .zeros
            let bytes = Self.bytes(count, kind, &random)
            let shift = UInt64.random(in: 0...UInt64(victim.bytes.count - count), using: &random)
            segments.append((victim.offset + shift, bytes))
            changedBytes += count
        }
        let shift = Int64([0, 0, 512, -512, 70_000, -70_000].randomElement(using: &random) ?? 0)
        let old = size
        size = UInt64(max(512, Int64(size) + shift))
        segments.removeAll { $0.offset >= size }
        changedBytes += Int(old.distance(to: size).magnitude)
    }

    /// Starts again with another size.
    mutating func lay(over size: UInt64, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        self.size = size
        segments = []
        fill(Qcow2Geometry(clusterBits: 16, virtualSize: size), &random)
    }

    /// Writes the disk as a raw file; what overlaps is written twice, the later one counts.
    func write(to path: FilePath) throws {
        let file = try ImageFile.create(path)
        try file.resize(to: size)
        for segment in segments {
            try segment.bytes.withUnsafeBytes { bytes in
                let count = Int(min(UInt64(bytes.count), size - segment.offset))
                try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: segment.offset)
            }
        }
    }
}

extension UInt64 {
    fileprivate func clamped(to range: ClosedRange<UInt64>) -> UInt64 {
        Swift.min(Swift.max(self, range.lowerBound), Swift.max(range.lowerBound, range.upperBound))
    }
}

/// The first byte, in blocks of 64 KiB, where two disks of the same size differ; nil if they are equal.
func firstDifference(_ left: any GuestImage, _ right: any GuestImage) throws -> UInt64? {
    let block: UInt64 = 64 << 10
    let size = min(left.size, right.size)
    let blocks = try Set(
        (left.dataRanges() + right.dataRanges()).flatMap { $0.lowerBound / block...($0.upperBound - 1) / block })
    for index in blocks.sorted() where index * block < size {
        let count = Int(min(block, size - index * block))
        var bytes = ([UInt8](repeating: 1, count: count), [UInt8](repeating: 2, count: count))
        try bytes.0.withUnsafeMutableBytes { try left.read(at: index * block, into: $0) }
        try bytes.1.withUnsafeMutableBytes { try right.read(at: index * block, into: $0) }
        if bytes.0 != bytes.1 { return index * block }
    }
    return nil
}

/// The whole of a small file.
func contents(of path: FilePath) throws -> [UInt8] {
    let file = try ImageFile.open(path)
    var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
    try bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
    return bytes
}

/// A new file with these bytes.
func write(_ bytes: [UInt8], to path: FilePath) throws {
    let file = try ImageFile.create(path)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
}
