/// Writes a VHD.
///
/// A dynamic one is: footer, dynamic header, table, blocks with their bitmaps, footer. What depends on the contents (table,
/// identifier) is written last.
final class VhdSink: DiskImageSink {
    let grain = DataRunEncoder.grain
    let encoder = DataRunEncoder()
    private let file: ImageFile
    private let options: VhdOptions
    private let size: UInt64
    private let geometry: VhdGeometry
    private let identity: ContentIdentity
    private let blocks = VhdBlocks(blockSize: UInt64(VhdBlocks.standardSize))
    private static let tableOffset = UInt64(VhdFooter.length + VhdDynamicHeader.length)
    private var store: BlockStore

    /// `file` is new and empty.
    init(file: ImageFile, size: UInt64, options: VhdOptions) throws {
        self.file = file
        self.options = options
        self.size = try options.virtualSize(of: size)
        geometry = options.geometry(size: size)
        identity = try ContentIdentity(size: self.size, purpose: "vhd \(options.subformat)")
        let count = (self.size + blocks.blockSize - 1) / blocks.blockSize
        let tableEnd = Self.tableOffset + (count * 4 + 511) / 512 * 512
        store = BlockStore(file: file, blockSize: blocks.blockSize, blockCount: count, start: tableEnd)
    }

    func append(_ piece: DiskPiece, _ data: DataRuns) throws {
        try identity.add(data.fingerprint)
        switch options.subformat {
        case .fixed: try file.write(piece, data)
        case .dynamic:
            try store.write(piece, data) { end in
                let bitmap = blocks.bitmapOffset(after: end)
                try write([UInt8](repeating: 0xFF, count: Int(blocks.bitmapSize)), at: bitmap)
                return bitmap + blocks.bitmapSize
            }
        }
    }

    func finish() throws {
        let footer = VhdFooter(
            diskType: options.subformat == .fixed ? .fixed : .dynamic, size: size, geometry: geometry,
            identifier: try identity.identifiers(1)[0], creator: options.creator
        ).encoded()
        if options.subformat == .dynamic {
            let header = VhdDynamicHeader(
                tableOffset: Self.tableOffset, entryCount: UInt32(store.offsets.count),
                blockSize: VhdBlocks.standardSize)
            try write(footer + header.encoded() + table, at: 0)
        }
        let end = options.subformat == .fixed ? size : store.end
        try write(footer, at: end)
        try file.resize(to: end + UInt64(footer.count))
        try file.synchronize()
    }

    /// The table in whole sectors; what is beyond the disk's last block is unused too.
    private var table: [UInt8] {
        var bytes: [UInt8] = []
        for offset in store.offsets {
            bytes.appendBigEndian(
                offset == 0 ? VhdDynamicHeader.unused : UInt32((offset - blocks.bitmapSize) / 512))
        }
        return bytes + [UInt8](repeating: 0xFF, count: (512 - bytes.count % 512) % 512)
    }

    private func write(_ bytes: [UInt8], at offset: UInt64) throws {
        try bytes.withUnsafeBytes { try file.write($0, at: offset) }
    }
}
