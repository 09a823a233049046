import DiskFormats

/// Reads small files and directories of ext2, ext3 and ext4 without mounting anything.
///
/// Only what was written when the image was made is seen: the journal is not replayed, and need not be in an image that
/// was unmounted.
package final class Ext4Reader {
    private static let rootInode: UInt64 = 2
    private static let mostLinks = 16
    private static let largestDirectory: UInt64 = 8 << 20

    private let window: DiskWindow
    /// Bytes that may still be read: a hostile image could send a reader in circles that are long, if not endless.
    private var budget = 32 << 20
    let superblock: Ext4Superblock

    package init(_ window: DiskWindow) throws {
        self.window = window
        superblock = try Ext4Superblock(window)
    }

    /// The contents of a file; nil if there is none of that path.
    ///
    /// Links are followed within the file system.
    package func file(_ path: String, limit: Int) throws -> [UInt8]? {
        guard let inode = try resolve(path), inode.kind == .file else { return nil }
        guard inode.size <= UInt64(limit) else { throw Ext4Superblock.malformed("'\(path)' is larger than expected") }
        return try contents(of: inode)
    }

    /// Names in a directory, sorted; empty if it is not there.
    package func names(in path: String) throws -> [String] {
        guard let inode = try resolve(path), inode.kind == .directory else { return [] }
        return try entries(of: inode).map(\.name).filter { $0 != "." && $0 != ".." }.sorted()
    }

    private func resolve(_ path: String) throws -> Ext4Inode? {
        var stack = [try inode(Self.rootInode)]
        var rest = Array(path.split(separator: "/").map(String.init).reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                if stack.count > 1 { stack.removeLast() }
                continue
            }
            guard let directory = stack.last, directory.kind == .directory,
                let number = try entries(of: directory).first(where: { $0.name == name })?.inode
            else { return nil }
            let inode = try inode(number)
            guard inode.kind == .link else {
                stack.append(inode)
                continue
            }
            links += 1
            guard links <= Self.mostLinks, inode.size <= 4096 else {
                throw Ext4Superblock.malformed("links do not end")
            }
            let target = String(decoding: try inode.shortTarget ?? contents(of: inode), as: UTF8.self)
            if target.hasPrefix("/") { stack.removeLast(stack.count - 1) }
            rest += target.split(separator: "/").map(String.init).reversed()
        }
        return stack.last
    }

    private func inode(_ number: UInt64) throws -> Ext4Inode {
        Ext4Inode(try Ext4InodeTable(window: window, superblock: superblock).bytes(of: number, count: 128))
    }

    private func readBlock(_ number: UInt64) throws -> [UInt8] {
        guard number < superblock.blockCount else {
            throw Ext4Superblock.malformed("block \(number) is outside of the file system")
        }
        budget -= Int(superblock.blockSize)
        guard budget >= 0 else { throw Ext4Superblock.malformed("its directories are endless") }
        return try window.read(at: number * superblock.blockSize, count: Int(superblock.blockSize))
    }

    /// The caller has bounded the size.
    private func contents(of inode: Ext4Inode) throws -> [UInt8] {
        guard !inode.isInline else {
            throw ImageInspectionError(.unsupported, "read ext4", "files inside of inodes are not read here")
        }
        let map = Ext4BlockMap(inode: inode, blockSize: superblock.blockSize, readBlock: readBlock)
        var bytes: [UInt8] = []
        var index: UInt64 = 0
        while UInt64(bytes.count) < inode.size {
            let count = Int(min(superblock.blockSize, inode.size - UInt64(bytes.count)))
            if let block = try map.physical(index) {
                bytes += try readBlock(block)[..<count]
            } else {
                bytes += [UInt8](repeating: 0, count: count)
            }
            index += 1
        }
        return bytes
    }

    /// Inner nodes of a hashed directory look like free entries, so that one reading fits both kinds.
    private func entries(of directory: Ext4Inode) throws -> [(name: String, inode: UInt64)] {
        guard directory.size <= Self.largestDirectory else {
            throw Ext4Superblock.malformed("a directory is too large")
        }
        let bytes = try contents(of: directory)
        return try Ext4Directory(bytes).entries.map { (String(decoding: $0.name, as: UTF8.self), $0.inode) }
    }
}
