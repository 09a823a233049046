/// The header of a VDI image; little-endian, 512 bytes with padding.
///
///     0 text   64 signature   68 version 1.1   72 header size   76 type   80 flags   84 comment (256)
///     340 table's offset   344 data's offset   348 cylinders, heads, sectors   360 sector size
///     368 disk size   376 block size   380 extra bytes of a block   384 blocks   388 blocks in the file
///     392 identifier   408 of the last change   424 of the link   440 of the parent   456 geometry again
///
/// Source: VirtualBox, `VDICore.h` (the format has no other specification) and QEMU's `block/vdi.c`.
struct VdiHeader: Sendable, Equatable {
    enum ImageType: UInt32, Sendable {
        /// Blocks come into the file when they are written.
        case dynamic = 1
        /// All blocks are there, in order.
        case fixed = 2
    }

    static let length = 512
    static let signature: UInt32 = 0xBEDA_107F
    static let signatureOffset = 64
    /// What VirtualBox makes, and the only size that QEMU reads.
    static let standardBlockSize: UInt32 = 1 << 20
    /// Table entry of a block that was never written, and of one that is known to be zero.
    static let unallocated = UInt32.max
    static let discarded = UInt32.max - 1

    var imageType: ImageType
    var tableOffset: UInt32
    var dataOffset: UInt32
    var size: UInt64
    var blockSize: UInt32
    var blockCount: UInt32
    var allocatedCount: UInt32 = 0
    var identifier = ImageIdentifier(bytes: [UInt8](repeating: 0, count: 16))
    var lastChange = ImageIdentifier(bytes: [UInt8](repeating: 0, count: 16))

    static func isVdi(_ start: [UInt8]) -> Bool {
        start.count >= signatureOffset + 4 && start.littleEndian(UInt32.self, at: signatureOffset) == signature
    }

    init(imageType: ImageType, size: UInt64, blockSize: UInt32 = Self.standardBlockSize) {
        self.imageType = imageType
        self.size = size
        self.blockSize = blockSize
        blockCount = UInt32((size + UInt64(blockSize) - 1) / UInt64(blockSize))
        tableOffset = UInt32(Self.length)
        // Data starts at a block's boundary: then blocks are aligned in the file as they are on the disk.
        let tableEnd = UInt64(tableOffset) + UInt64(blockCount) * 4
        dataOffset = UInt32((tableEnd + UInt64(blockSize) - 1) / UInt64(blockSize) * UInt64(blockSize))
    }

    func encoded() -> [UInt8] {
        var bytes = Array("<<< Oracle VM VirtualBox Disk Image >>>\n".utf8)
        bytes += [UInt8](repeating: 0, count: Self.length - bytes.count)
        bytes.setLittleEndian(Self.signature, at: Self.signatureOffset)
        bytes.setLittleEndian(UInt32(0x0001_0001), at: 68)
        bytes.setLittleEndian(UInt32(400), at: 72)
        bytes.setLittleEndian(imageType.rawValue, at: 76)
        bytes.setLittleEndian(tableOffset, at: 340)
        bytes.setLittleEndian(dataOffset, at: 344)
        bytes.setLittleEndian(UInt32(512), at: 360)
        bytes.setLittleEndian(size, at: 368)
        bytes.setLittleEndian(blockSize, at: 376)
        bytes.setLittleEndian(blockCount, at: 384)
        bytes.setLittleEndian(allocatedCount, at: 388)
        bytes.replaceSubrange(392..<408, with: identifier.bytes)
        bytes.replaceSubrange(408..<424, with: lastChange.bytes)
        return bytes
    }

    init(parsing bytes: [UInt8], of file: ImageFile) throws {
        guard bytes.count == Self.length, Self.isVdi(bytes) else { throw file.malformed("it has no VDI header") }
        let version = bytes.littleEndian(UInt32.self, at: 68)
        guard version == 0x0001_0001 else {
            throw file.unsupported("it is a VDI of version \(version >> 16).\(version & 0xFFFF)")
        }
        let type = bytes.littleEndian(UInt32.self, at: 76)
        guard let imageType = ImageType(rawValue: type) else {
            throw file.unsupported("it is a VDI of type \(type), which needs another file")
        }
        self.imageType = imageType
        tableOffset = bytes.littleEndian(UInt32.self, at: 340)
        dataOffset = bytes.littleEndian(UInt32.self, at: 344)
        size = bytes.littleEndian(UInt64.self, at: 368)
        blockSize = bytes.littleEndian(UInt32.self, at: 376)
        blockCount = bytes.littleEndian(UInt32.self, at: 384)
        allocatedCount = bytes.littleEndian(UInt32.self, at: 388)
        identifier = ImageIdentifier(bytes: Array(bytes[392..<408]))
        lastChange = ImageIdentifier(bytes: Array(bytes[408..<424]))
        guard bytes[424..<456].allSatisfy({ $0 == 0 }) else { throw file.unsupported("it has a parent") }
        let extra = bytes.littleEndian(UInt32.self, at: 380)
        guard extra == 0 else { throw file.unsupported("its blocks have \(extra) bytes of their own") }
        guard blockSize.nonzeroBitCount == 1, (4096...(1 << 28)).contains(blockSize) else {
            throw file.malformed("its block size is \(blockSize)")
        }
    }
}
