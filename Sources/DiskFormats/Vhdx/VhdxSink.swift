/// What a VHDX shall be, apart from its contents.
package struct VhdxOptions: Sendable, Hashable {
    package enum Subformat: String, Sendable, CaseIterable {
        case dynamic
        case fixed
    }

    package var subformat = Subformat.dynamic
    /// A power of two from 1 to 256 MiB.
    ///
    /// 1 MiB is what Microsoft advises for Linux guests, whose file systems spread
    /// their data; larger blocks make sparse disks larger.
    package var blockSize: UInt64 = 1 << 20
    /// A multiple of 1 MiB.
    package var logSize: UInt64 = 1 << 20

    package init() {}

    func validate() throws(DiskFormatError) {
        guard blockSize.nonzeroBitCount == 1, VhdxLayout.blockSizes.contains(blockSize) else {
            throw Self.invalid("block size \(blockSize) is not a power of two from 1 to 256 MiB")
        }
        guard logSize > 0, logSize % VhdxLayout.mebibyte == 0, logSize <= 1 << 30 else {
            throw Self.invalid("log size \(logSize) is not a multiple of 1 MiB up to 1 GiB")
        }
    }

    private static func invalid(_ reason: String) -> DiskFormatError {
        DiskFormatError(.invalidRequest, "make a VHDX image", reason)
    }
}

/// Writes a VHDX: two headers, two region tables, an empty log, metadata, the block table, blocks.
final class VhdxSink: DiskImageSink {
    let grain = DataRunEncoder.grain
    let encoder = DataRunEncoder()
    private let file: ImageFile
    private let options: VhdxOptions
    private let layout: VhdxLayout
    private var store: BlockStore
    private let identity: ContentIdentity

    /// `file` is new and empty.
    init(file: ImageFile, size: UInt64, options: VhdxOptions) throws {
        try options.validate()
        guard size <= VhdxLayout.largestSize else {
            throw DiskFormatError(.invalidRequest, "make a VHDX of \(size) bytes", "a VHDX has 64 TiB at most")
        }
        self.file = file
        self.options = options
        layout = VhdxLayout(
            size: (size + 511) / 512 * 512, blockSize: options.blockSize, logLength: options.logSize)
        identity = try ContentIdentity(size: layout.size, purpose: "vhdx \(options.subformat) \(options.blockSize)")
        store = BlockStore(
            file: file, blockSize: layout.blockSize, blockCount: layout.blockCount, start: layout.dataOffset)
        if options.subformat == .fixed { store.allocateAll() }
    }

    func append(_ piece: DiskPiece, _ data: DataRuns) throws {
        try identity.add(data.fingerprint)
        try store.write(piece, data)
    }

    func finish() throws {
        let identifiers = try identity.identifiers(4).map(\.asGUID)
        let creator = Array("Ingot".utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        try write(VhdxReader.signature + creator, at: 0)
        for (index, offset) in VhdxLayout.headerOffsets.enumerated() {
            let header = VhdxHeader(
                sequenceNumber: UInt64(index), fileWrite: identifiers[index], dataWrite: identifiers[2],
                layout: layout)
            try write(header.encoded(), at: offset)
        }
        let regions = VhdxRegionTable(layout: layout).encoded()
        for offset in VhdxLayout.regionTableOffsets { try write(regions, at: offset) }
        let metadata = VhdxMetadata(
            size: layout.size, blockSize: layout.blockSize, isFixed: options.subformat == .fixed,
            identifier: identifiers[3])
        try write(metadata.encoded(), at: layout.metadataOffset)
        try write(table, at: layout.tableOffset)
        try file.resize(to: store.end)
        try file.synchronize()
    }

    private var table: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(layout.entryCount) * 8)
        for (block, offset) in store.offsets.enumerated() where offset != 0 {
            let index = layout.entryIndex(ofBlock: UInt64(block))
            bytes.setLittleEndian(VhdxBlockEntry.present(at: offset).rawValue, at: index * 8)
        }
        return bytes
    }

    private func write(_ bytes: [UInt8], at offset: UInt64) throws {
        try bytes.withUnsafeBytes { try file.write($0, at: offset) }
    }
}
