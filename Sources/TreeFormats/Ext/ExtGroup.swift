import DiskFormats

/// A group's descriptor and bitmaps, in memory (Linux, Documentation/filesystems/ext4/group_descr.rst).
///
/// Numbers are in two halves, of which descriptors of 32 bytes have only the first.
struct ExtGroup {
    private static let inodesUninitialised: UInt16 = 0x1
    private static let blocksUninitialised: UInt16 = 0x2

    let number: UInt64
    private(set) var descriptor: [UInt8]
    /// A bit for each block, and for each inode, in whole blocks.
    var blocks: [UInt8] = []
    var inodes: [UInt8] = []
    private(set) var isChanged = false

    init(number: UInt64, descriptor: [UInt8]) {
        self.number = number
        self.descriptor = descriptor
    }

    var blockBitmap: UInt64 { wide(0, 0x20) }
    var inodeBitmap: UInt64 { wide(4, 0x24) }
    var inodeTable: UInt64 { wide(8, 0x28) }
    private var flags: UInt16 { descriptor.littleEndian(UInt16.self, at: 0x12) }
    var hasBlockBitmap: Bool { flags & Self.blocksUninitialised == 0 }
    var hasInodeBitmap: Bool { flags & Self.inodesUninitialised == 0 }

    private func wide(_ low: Int, _ high: Int) -> UInt64 {
        let upper = descriptor.count >= 64 ? UInt64(descriptor.littleEndian(UInt32.self, at: high)) << 32 : 0
        return UInt64(descriptor.littleEndian(UInt32.self, at: low)) | upper
    }

    private func count(_ low: Int, _ high: Int) -> UInt32 {
        let upper = descriptor.count >= 64 ? UInt32(descriptor.littleEndian(UInt16.self, at: high)) << 16 : 0
        return UInt32(descriptor.littleEndian(UInt16.self, at: low)) | upper
    }

    private mutating func set(_ value: UInt32, _ low: Int, _ high: Int) {
        descriptor.setLittleEndian(UInt16(truncatingIfNeeded: value), at: low)
        if descriptor.count >= 64 { descriptor.setLittleEndian(UInt16(truncatingIfNeeded: value >> 16), at: high) }
    }

    mutating func takeBlocks(_ range: Range<Int>) {
        for bit in range { blocks[bit / 8] |= 1 << UInt8(bit % 8) }
        set(count(0x0C, 0x2C) - UInt32(range.count), 0x0C, 0x2C)
        isChanged = true
    }

    /// `index` counts from the group's first inode.
    mutating func takeInode(_ index: Int, isDirectory: Bool) {
        inodes[index / 8] |= 1 << UInt8(index % 8)
        set(count(0x0E, 0x2E) - 1, 0x0E, 0x2E)
        if isDirectory { set(count(0x10, 0x30) + 1, 0x10, 0x30) }
        isChanged = true
    }

    /// Up to the last that is in use; the table behind it was never written.
    private func usedInodes(_ header: ExtHeader) -> UInt32 {
        var count = Int(header.inodesPerGroup)
        while count > 0, inodes[(count - 1) / 8] & (1 << UInt8((count - 1) % 8)) == 0 { count -= 1 }
        return UInt32(count)
    }

    /// Sets flags, counts and checksums for the bitmaps as they now are.
    mutating func finish(_ header: ExtHeader) {
        guard isChanged else { return }
        let flags = flags & ~(Self.inodesUninitialised | Self.blocksUninitialised)
        descriptor.setLittleEndian(flags, at: 0x12)
        guard let seed = header.checksumSeed else { return }
        set(header.inodesPerGroup - usedInodes(header), 0x1C, 0x32)
        set(Crc32c.update(seed, blocks[..<(Int(header.blocksPerGroup) / 8)]), 0x18, 0x38)
        set(Crc32c.update(seed, inodes[..<(Int(header.inodesPerGroup) / 8)]), 0x1A, 0x3A)
        descriptor.setLittleEndian(UInt16(0), at: 0x1E)
        var place = [UInt8](repeating: 0, count: 4)
        place.setLittleEndian(UInt32(truncatingIfNeeded: number), at: 0)
        let sum = Crc32c.update(Crc32c.update(seed, place[...]), descriptor[...])
        descriptor.setLittleEndian(UInt16(truncatingIfNeeded: sum), at: 0x1E)
    }
}
