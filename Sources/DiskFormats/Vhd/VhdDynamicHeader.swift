/// The second header of a dynamic VHD: how large its blocks are and where their table is; big-endian, 1024 bytes.
///
///     0 "cxsparse"   8 all ones     16 table's offset   24 version 1.0   28 entries   32 block size   36 checksum
///     40 parent's identifier, name and locators, all zero where there is no parent
///
/// Source: Microsoft's Virtual Hard Disk Image Format Specification, "Dynamic Disk Header Format".
struct VhdDynamicHeader: Sendable, Equatable {
    static let length = 1024
    private static let cookie = Array("cxsparse".utf8)
    /// Entry of a block that is not there.
    static let unused = UInt32.max

    let tableOffset: UInt64
    let entryCount: UInt32
    let blockSize: UInt32

    init(tableOffset: UInt64, entryCount: UInt32, blockSize: UInt32) {
        self.tableOffset = tableOffset
        self.entryCount = entryCount
        self.blockSize = blockSize
    }

    /// The specification names a 32-bit field of ones; programs, Microsoft's among them, want 64.
    func encoded() -> [UInt8] {
        var bytes = Self.cookie
        bytes.appendBigEndian(UInt64.max)
        bytes.appendBigEndian(tableOffset)
        bytes.appendBigEndian(UInt32(0x0001_0000))
        bytes.appendBigEndian(entryCount)
        bytes.appendBigEndian(blockSize)
        bytes += [UInt8](repeating: 0, count: Self.length - bytes.count)
        bytes.setVhdChecksum(at: 36)
        return bytes
    }

    init(parsing bytes: [UInt8], of file: ImageFile) throws {
        guard bytes.count == Self.length, Array(bytes[..<8]) == Self.cookie else {
            throw file.malformed("there is no dynamic header where the footer says")
        }
        guard bytes.vhdChecksum(at: 36) == bytes.bigEndian(UInt32.self, at: 36) else {
            throw file.malformed("the dynamic header's checksum is wrong")
        }
        tableOffset = bytes.bigEndian(UInt64.self, at: 16)
        entryCount = bytes.bigEndian(UInt32.self, at: 28)
        blockSize = bytes.bigEndian(UInt32.self, at: 32)
        guard blockSize.nonzeroBitCount == 1, (512...(1 << 28)).contains(blockSize) else {
            throw file.malformed("its block size is \(blockSize)")
        }
    }
}

/// The arithmetic of a dynamic VHD: a block is a bitmap of its sectors, then their bytes.
struct VhdBlocks: Sendable, Equatable {
    /// What Microsoft's tools and QEMU use.
    static let standardSize: UInt32 = 2 << 20

    let blockSize: UInt64

    /// One bit for each sector of 512 bytes, in whole sectors.
    var bitmapSize: UInt64 { (blockSize / 512 / 8 + 511) / 512 * 512 }

    /// Where the bitmap of the next block goes, so that its data starts at a page: holes of a file are whole pages.
    func bitmapOffset(after end: UInt64) -> UInt64 {
        let data = (end + bitmapSize + 4095) / 4096 * 4096
        return data - bitmapSize
    }
}
