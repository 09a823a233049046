import DiskFormats
package import SystemPackage

/// An erofs that mkfs.erofs has just written, to which is added what the program cannot be told: its label, and the
/// devices that stand in the tree as files with a note.
///
/// The records are those of the kernel's `fs/erofs/erofs_fs.h`; all of them lie in blocks that are read and written whole.
package struct ErofsImage {
    static let superblock: UInt64 = 1024
    private static let magic: UInt32 = 0xE0F5_E1E2
    /// Compression in its forms, chunks, further devices, packed tails, fragments, prefixes of attributes: none of them
    /// moves what is changed here.
    private static let knownFeatures: UInt32 = 0x7F
    private static let checksumFeature: UInt32 = 1
    /// Bytes of the label, zero at the end included.
    private static let labelSize = 16

    let file: ImageFile
    let blockSize: UInt64
    let metadata: UInt64
    let root: UInt64

    package init(_ path: FilePath) throws {
        file = try ImageFile.update(path)
        let header = try Self.read(file, at: Self.superblock, count: 128)
        guard header.littleEndian(UInt32.self, at: 0) == Self.magic, (9...16).contains(header[12]) else {
            throw DiskFormatError(.malformed, "read '\(path)'", "it is no erofs")
        }
        let unknown = header.littleEndian(UInt32.self, at: 80) & ~Self.knownFeatures
        guard unknown == 0 else {
            throw DiskFormatError(
                .unsupported, "change '\(path)'", "its erofs has features \(String(unknown, radix: 16)), unknown here")
        }
        blockSize = 1 << UInt64(header[12])
        metadata = UInt64(header.littleEndian(UInt32.self, at: 40)) * blockSize
        root = UInt64(header.littleEndian(UInt16.self, at: 14))
    }

    /// Puts label and devices in, and the checksum right.
    package func complete(label: String, nodes: RecordedNodes) throws {
        let bytes = Array(label.utf8.prefix(Self.labelSize - 1))
        try write(bytes + [UInt8](repeating: 0, count: Self.labelSize - bytes.count), at: Self.superblock + 64)
        for node in nodes.nodes { try makeDevice(node) }
        try sign()
    }

    /// The sum goes from the superblock to the end of its block, over a field of zeros in its own place.
    private func sign() throws {
        let length = Int(blockSize > Self.superblock ? blockSize - Self.superblock : blockSize)
        var bytes = try read(at: Self.superblock, count: length)
        guard bytes.littleEndian(UInt32.self, at: 8) & Self.checksumFeature != 0 else { return }
        bytes.setLittleEndian(UInt32(0), at: 4)
        bytes.setLittleEndian(Crc32c.update(.max, bytes[...]), at: 4)
        try write(Array(bytes[4..<8]), at: Self.superblock + 4)
    }

    func read(at offset: UInt64, count: Int) throws -> [UInt8] { try Self.read(file, at: offset, count: count) }

    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        try bytes.withUnsafeBytes { try file.write($0, at: offset) }
    }

    private static func read(_ file: ImageFile, at offset: UInt64, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        return bytes
    }
}
