/// Reads VHD images, fixed and dynamic; one that needs its parent is refused, so no other file is ever opened.
///
/// The bitmaps inside blocks are not looked at, as in QEMU: without a parent, a sector that was never written is zero.
struct VhdReader {
    let contents: any GuestImage
    let footer: VhdFooter
    let file: ImageFile
    /// Nil for a fixed disk.
    let header: VhdDynamicHeader?

    /// Whether this is a VHD; a fixed one shows only at its end.
    static func recognises(_ file: ImageFile, start: [UInt8]) throws -> Bool {
        if start.starts(with: VhdFooter.cookie) { return true }
        let size = try file.size()
        guard size >= UInt64(VhdFooter.length), size % 512 == 0 else { return false }
        let end = try file.bytes(at: size - UInt64(VhdFooter.length), count: VhdFooter.length)
        guard let footer = try? VhdFooter(parsing: end, of: file) else { return false }
        return footer.diskType == .fixed
    }

    init(_ file: ImageFile) throws {
        self.file = file
        footer = try Self.footer(of: file)
        switch footer.diskType {
        case .fixed:
            header = nil
            contents = try Self.fixed(footer, file)
        case .dynamic:
            let header = try VhdDynamicHeader(
                parsing: file.bytes(at: footer.dataOffset, count: VhdDynamicHeader.length), of: file)
            self.header = header
            contents = try Self.dynamic(footer, header, file)
        case .differencing: throw file.unsupported("it holds only what differs from another file, its parent")
        }
    }

    /// The footer at the end, or its copy in front, which is what a cut-off dynamic disk still has.
    private static func footer(of file: ImageFile) throws -> VhdFooter {
        let size = try file.size()
        guard size >= UInt64(VhdFooter.length) else { throw file.malformed("it is too short for a VHD") }
        let front = try file.bytes(at: 0, count: VhdFooter.length)
        if let footer = try VhdFooter(parsing: front, of: file), footer.diskType != .fixed { return footer }
        let end = try file.bytes(at: size - UInt64(VhdFooter.length), count: VhdFooter.length)
        guard let footer = try VhdFooter(parsing: end, of: file) else { throw file.malformed("it has no VHD footer") }
        return footer
    }

    private static func fixed(_ footer: VhdFooter, _ file: ImageFile) throws -> any GuestImage {
        let available = try file.size() - UInt64(VhdFooter.length)
        let size = footer.effectiveSize
        // QEMU takes what the file has; a footer that claims more would give a disk with a missing end.
        guard size <= available else {
            throw file.malformed("the footer claims \(size) bytes, the file holds \(available)")
        }
        return FileWindow(file: file, size: size)
    }

    private static func dynamic(
        _ footer: VhdFooter, _ header: VhdDynamicHeader, _ file: ImageFile
    ) throws -> any GuestImage {
        let blocks = VhdBlocks(blockSize: UInt64(header.blockSize))
        let size = footer.effectiveSize
        let count = try BlockMappedImage.blockCount(size: size, blockSize: blocks.blockSize, file)
        guard count <= header.entryCount else {
            throw file.malformed("its table has \(header.entryCount) entries for \(count) blocks")
        }
        let table = try file.bytes(at: header.tableOffset, count: count * 4)
        let offsets = (0..<count).map { index -> UInt64 in
            let entry = table.bigEndian(UInt32.self, at: index * 4)
            return entry == VhdDynamicHeader.unused ? 0 : UInt64(entry) * 512 + blocks.bitmapSize
        }
        return try BlockMappedImage(file: file, size: size, blockSize: blocks.blockSize, offsets: offsets)
    }
}
