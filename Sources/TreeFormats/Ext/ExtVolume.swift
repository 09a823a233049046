import DiskFormats
package import SystemPackage

/// Fills an empty ext2, ext3 or ext4 inside an image file, without a mount, a loop device or a privilege.
///
/// The file system has been made by mke2fs, which decides geometry, features, journal, label and identifiers; this writes
/// a tree into it: in one pass, in a fixed order, large files in one piece, everything with its checksum. Equal trees and
/// equal empty file systems give equal bytes: no clock, no random number and no order of a directory takes part
/// (decision 0019).
package struct ExtVolume {
    /// What was written, and what others than root may still write, in bytes.
    package struct Usage: Hashable, Sendable {
        package let used: UInt64
        package let available: UInt64
    }

    private let file: ImageFile
    private let offset: UInt64
    private let attempt: String
    private let header: ExtHeader

    /// The filesystem at `offset` bytes of a file.
    package init(_ path: FilePath, offset: UInt64 = 0) throws {
        attempt = "fill the ext file system at byte \(offset) of '\(path)'"
        let file = try ImageFile.update(path)
        self.offset = offset
        self.file = file
        header = try ExtHeader(
            Self.read(file, offset + ExtHeader.offset, ExtHeader.size), attempt: attempt)
    }

    private static func read(_ file: ImageFile, _ offset: UInt64, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        return bytes
    }

    /// Writes the tree.
    ///
    /// `made` becomes the time at which every inode was made and last changed; times of files later than `latest` become
    /// it. `check` throws when it is time to stop. Not synchronised: who has filled all of an image does that once.
    @discardableResult
    package func fill(
        _ tree: FileTree, made: FileTree.Time, latest: Int64? = nil, check: () throws -> Void = {}
    ) throws -> Usage {
        let space = try ExtSpace(header, attempt: attempt) { try Self.read(file, offset + $0, $1) }
        let stream = BlockStream(file, base: offset)
        let lostAndFound = try lostAndFoundInode(space)
        var pass = ExtPass(
            header: header, tree: tree, space: space, stream: stream, made: made, latest: latest, attempt: attempt)
        let taken = try pass.run(lostAndFound: lostAndFound, rootBlock: rootBlock(space), check: check)
        let free = header.freeBlocks - taken
        let blockSize = UInt64(header.blockSize)
        return Usage(
            used: taken * blockSize,
            available: (free - min(free, header.reservedBlocks)) * blockSize)
    }

    /// The one block of the root directory, as mke2fs has made it: of a list of pointers or of extents.
    private func rootBlock(_ space: ExtSpace) throws -> UInt64 {
        let inode = try Self.read(file, offset + space.offset(ofInode: ExtHeader.rootInode), 128)
        let usesExtents = inode.littleEndian(UInt32.self, at: 32) & 0x80000 != 0
        guard inode.littleEndian(UInt32.self, at: 4) == header.blockSize else { throw notEmpty }
        guard usesExtents else { return UInt64(inode.littleEndian(UInt32.self, at: 40)) }
        guard inode.littleEndian(UInt16.self, at: 40) == 0xF30A, inode.littleEndian(UInt16.self, at: 42) == 1,
            inode.littleEndian(UInt16.self, at: 46) == 0
        else { throw notEmpty }
        return UInt64(inode.littleEndian(UInt32.self, at: 60)) | UInt64(inode.littleEndian(UInt16.self, at: 58)) << 32
    }

    /// The inode of `lost+found`, the only name in a fresh root.
    private func lostAndFoundInode(_ space: ExtSpace) throws -> UInt32 {
        let block = try Self.read(file, offset + rootBlock(space) * UInt64(header.blockSize), header.blockSize)
        let name = Array("lost+found".utf8)
        guard block[6] == 1, block[12 + 6] == 2, block[24 + 6] == name.count, Array(block[32..<32 + name.count]) == name
        else { throw notEmpty }
        return block.littleEndian(UInt32.self, at: 24)
    }

    private var notEmpty: DiskFormatError { DiskFormatError(.invalidRequest, attempt, "it is not empty") }
}
