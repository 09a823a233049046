import Basics
import BlockDevices
import Testing

/// A random table of partitions, mostly one that fits.
struct RandomTable {
    let document: String
    let size: ByteCount
    let isGPT: Bool
    let sectorSize: Int

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        isGPT = Bool.random(using: &generator)
        sectorSize = isGPT && Bool.random(using: &generator) ? 4096 : 512
        let mebibytes = UInt64.random(in: 64...8192, using: &generator)
        size = ByteCount(mebibytes << 20 + UInt64.random(in: 0...1 << 20, using: &generator))
        let count = Int.random(in: 1...(isGPT ? 20 : 9), using: &generator)
        let primaries = isGPT ? 0 : Int.random(in: 0...3, using: &generator)
        let partitions = (0..<count).map { index in
            let share = Int.random(in: 1...60, using: &generator)
            let absolute = UInt64.random(in: 1...mebibytes, using: &generator) / UInt64(count)
            let text = Bool.random(using: &generator) ? "\(share)%" : "\(max(1, absolute))MiB"
            let flags = index < primaries ? ", flags: [primary]" : ""
            return "{name: p\(index), size: \(text)\(flags)}"
        }
        let unit = [4, 64, 512, 1024, 4096].randomElement(using: &generator) ?? 1024
        let align = isGPT ? "" : "\n    align: \(unit)KiB"
        document = tableDocument(
            label: isGPT ? "gpt" : "mbr", partitions: "[" + partitions.joined(separator: ", ") + "]" + align
        ).replacing("{name: image0}", with: "{name: image0, block_size: \(sectorSize)}")
    }
}

@Suite struct LayoutPropertyTests {
    @Test(arguments: UInt64(0)..<200)
    func partitionsAreAlignedApartAndOnTheDisk(seed: UInt64) throws {
        let random = RandomTable(seed: seed)
        let plan: BlockDeviceLayout
        do {
            plan = try layout(random.document, size: random.size, seed: seed)
        } catch let error as BlockDeviceError {
            // Too much was asked for: said so, not cut down.
            #expect(error.kind == .layout)
            return
        }
        let image = try #require(plan.mainImage)
        let table = try #require(image.table)
        let partitioning = try graph(random.document).partitionings[0]
        #expect(image.sectorSize == random.sectorSize)
        #expect(image.size.bytes % image.sectorSize == 0 && image.size >= random.size)
        let unit = random.isGPT ? 1 << 20 : partitioning.alignment
        let last = random.isGPT ? image.size.bytes - (1 << 20) : image.size.bytes
        let data = table.entries.filter { $0.kind != .extended }
        #expect(data.allSatisfy { $0.start % unit == 0 && $0.start >= unit && $0.size > 0 && $0.end <= last })
        for (one, next) in zip(data, data.dropFirst()) { #expect(one.end <= next.start) }
        if let extended = table.entries.first(where: { $0.kind == .extended }) {
            #expect(extended.end == image.size.bytes)
            for logical in data where logical.kind == .logical {
                #expect(logical.start >= extended.start + unit && logical.end <= extended.end)
            }
            for primary in data where primary.kind == .primary { #expect(primary.end <= extended.start) }
        }
        #expect(data.map(\.start) == partitioning.partitions.map { plan.device($0.name)?.offset })
        #expect(data.map(\.size) == partitioning.partitions.map { plan.device($0.name)?.size.bytes })
        #expect(Set(table.entries.map(\.number)).count == table.entries.count)
        #expect(Set(table.entries.map(\.identifier)).count == (random.isGPT ? table.entries.count : 1))
    }

    /// Otherwise the property above would hold of nothing.
    @Test func mostRandomTablesFit() throws {
        let fitting = try (UInt64(0)..<64).filter { seed in
            let random = RandomTable(seed: seed)
            return try layoutError(random.document, size: random.size) == nil
        }
        #expect(fitting.count >= 40)
    }

    @Test(arguments: UInt64(0)..<64)
    func theGraphIsATopologicalOrderWhateverTheOrderOfTheDocument(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let entries = try BlockDeviceConfiguration(yaml: Documents.multiplePartitionsTree).entries
        let shuffled = BlockDeviceConfiguration(entries: entries.shuffled(using: &generator))
        let graph = try BlockDeviceGraph(shuffled, parameters: buildParameters)
        let position = Dictionary(uniqueKeysWithValues: graph.creationOrder.enumerated().map { ($1, $0) })
        #expect(position.count == 17)
        for chain in [
            ["image0", "root", "mkfs_root", "mount_mkfs_root", "fstab_mount_mkfs_root"],
            ["root", "var", "var_log", "swap"], ["var", "mkfs_var", "mount_mkfs_var", "mount_mkfs_var_log"],
            ["mount_mkfs_root", "mount_mkfs_var"], ["mount_mkfs_var_log", "mount_mkfs_swap"],
        ] {
            let places = chain.compactMap { position[$0] }
            #expect(places == places.sorted() && places.count == chain.count)
        }
        #expect(graph.mountOrder == ["mount_mkfs_root", "mount_mkfs_var", "mount_mkfs_var_log", "mount_mkfs_swap"])
    }
}
