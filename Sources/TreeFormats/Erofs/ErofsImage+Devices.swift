import DiskFormats
import Glibc

/// Devices in the place of files that stand for them.
extension ErofsImage {
    /// An inode and where it is.
    private struct Inode {
        let offset: UInt64
        let bytes: [UInt8]
        var isExtended: Bool { bytes[0] & 1 == 1 }
        var layout: UInt16 { bytes.littleEndian(UInt16.self, at: 0) >> 1 & 7 }
        var mode: UInt16 { bytes.littleEndian(UInt16.self, at: 4) }
        var size: UInt64 {
            isExtended ? bytes.littleEndian(UInt64.self, at: 8) : UInt64(bytes.littleEndian(UInt32.self, at: 8))
        }
        /// The first block of its contents, or the number of a device.
        var union: UInt32 { bytes.littleEndian(UInt32.self, at: 16) }
        var attributesOffset: UInt64 { offset + (isExtended ? 64 : 32) }
        /// A head of twelve bytes, and a word for each four more.
        var attributesSize: UInt64 {
            let count = UInt64(bytes.littleEndian(UInt16.self, at: 2))
            return count == 0 ? 0 : 12 + (count - 1) * 4
        }
    }

    private struct Entry {
        let number: UInt64
        /// Of the byte that says what it is.
        let kindOffset: UInt64
    }

    private static let flat: UInt16 = 0
    private static let flatWithTail: UInt16 = 2
    private static let characterDevice: UInt8 = 3
    private static let blockDevice: UInt8 = 4

    func makeDevice(_ node: RecordedNodes.Node) throws {
        var number = root
        var kindOffset: UInt64?
        for name in node.path.split(separator: "/") {
            guard let entry = try find(Array(name.utf8), in: inode(number)) else {
                throw DiskFormatError(.malformed, "make '\(node.path)' a device", "the erofs has no such file")
            }
            (number, kindOffset) = (entry.number, entry.kindOffset)
        }
        guard let kindOffset else { return }
        try write([node.isBlock ? Self.blockDevice : Self.characterDevice], at: kindOffset)
        let inode = try inode(number)
        let mode = inode.mode & ~UInt16(S_IFMT) | UInt16(node.isBlock ? S_IFBLK : S_IFCHR)
        // Of a file with two names the other may have come before.
        if inode.mode == mode, inode.union == node.number { return }
        var head = inode.bytes
        head.setLittleEndian(head.littleEndian(UInt16.self, at: 0) & ~UInt16(0xE), at: 0)
        head.setLittleEndian(mode, at: 4)
        head.setLittleEndian(node.number, at: 16)
        try write(head, at: inode.offset)
        try eraseNote(of: inode, node)
    }

    private func inode(_ number: UInt64) throws -> Inode {
        let offset = metadata + number * 32
        let head = try read(at: offset, count: 32)
        return Inode(offset: offset, bytes: head)
    }

    /// Directories are blocks of entries of twelve bytes with their names behind them; a last part that is no whole block
    /// may follow the inode.
    private func find(_ name: [UInt8], in directory: Inode) throws -> Entry? {
        guard directory.mode & UInt16(S_IFMT) == UInt16(S_IFDIR),
            directory.layout == Self.flat || directory.layout == Self.flatWithTail
        else {
            throw DiskFormatError(.malformed, "look for '\(String(decoding: name, as: UTF8.self))'", "no directory")
        }
        let whole = directory.size / blockSize
        for index in 0..<directory.size.blocks(of: blockSize) {
            let isTail = index == whole && directory.layout == Self.flatWithTail
            let start =
                isTail
                ? directory.attributesOffset + directory.attributesSize
                : (UInt64(directory.union) + index) * blockSize
            let length = Int(min(blockSize, directory.size - index * blockSize))
            if let entry = find(name, in: try read(at: start, count: length), at: start) { return entry }
        }
        return nil
    }

    private func find(_ name: [UInt8], in block: [UInt8], at start: UInt64) -> Entry? {
        guard block.count >= 12 else { return nil }
        let count = Int(block.littleEndian(UInt16.self, at: 8)) / 12
        for index in 0..<count where (index + 1) * 12 <= block.count {
            let from = Int(block.littleEndian(UInt16.self, at: index * 12 + 8))
            let isLast = index + 1 == count
            let end = isLast ? block.count : Int(block.littleEndian(UInt16.self, at: index * 12 + 20))
            guard from <= end, end <= block.count, block[from..<end].prefix(while: { $0 != 0 }).elementsEqual(name)
            else {
                continue
            }
            return Entry(
                number: block.littleEndian(UInt64.self, at: index * 12), kindOffset: start + UInt64(index * 12 + 10))
        }
        return nil
    }

    /// Zeros are entries without a name and of no namespace, which nobody lists.
    private func eraseNote(of inode: Inode, _ node: RecordedNodes.Node) throws {
        let name = Array(RecordedNode.attribute.dropFirst("user.".count).utf8)
        let area = try read(at: inode.attributesOffset, count: Int(inode.attributesSize))
        var position = area.isEmpty ? 0 : 12 + Int(area[4]) * 4
        while position + 4 <= area.count {
            let length = Int(area[position])
            let size = (4 + length + Int(area.littleEndian(UInt16.self, at: position + 2)) + 3) & ~3
            guard position + size <= area.count else { break }
            // 1: user.
            if area[position + 1] == 1, area[(position + 4)..<(position + 4 + length)].elementsEqual(name) {
                return try write(
                    [UInt8](repeating: 0, count: size), at: inode.attributesOffset + UInt64(position))
            }
            position += size
        }
        throw DiskFormatError(.unsupported, "make '\(node.path)' a device", "its note is not beside its inode")
    }
}

extension UInt64 {
    fileprivate func blocks(of size: UInt64) -> UInt64 { (self + size - 1) / size }
}
