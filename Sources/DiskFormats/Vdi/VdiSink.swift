/// What a VDI shall be, apart from its contents.
package struct VdiOptions: Sendable, Hashable {
    /// All blocks get a place, used or not: `static=on` of qemu-img.
    package var isStatic = false

    package init(isStatic: Bool = false) { self.isStatic = isStatic }
}

/// Writes a VDI: header, table, blocks of 1 MiB; header and table last, since they depend on the contents.
final class VdiSink: DiskImageSink {
    /// QEMU's limit, about 512 TiB; the table alone would have 2 GiB.
    private static let largestSize: UInt64 = 64 << 40

    let grain = DataRunEncoder.grain
    let encoder = DataRunEncoder()
    private let file: ImageFile
    private var header: VdiHeader
    private var store: BlockStore
    private let identity: ContentIdentity

    /// `file` is new and empty.
    init(file: ImageFile, size: UInt64, options: VdiOptions) throws {
        guard size <= Self.largestSize else {
            throw DiskFormatError(.invalidRequest, "make a VDI of \(size) bytes", "64 TiB are written at most")
        }
        self.file = file
        header = VdiHeader(imageType: options.isStatic ? .fixed : .dynamic, size: (size + 511) / 512 * 512)
        identity = try ContentIdentity(size: header.size, purpose: "vdi \(options.isStatic)")
        store = BlockStore(
            file: file, blockSize: UInt64(header.blockSize), blockCount: UInt64(header.blockCount),
            start: UInt64(header.dataOffset))
        if options.isStatic { store.allocateAll() }
    }

    func append(_ piece: DiskPiece, _ data: DataRuns) throws {
        try identity.add(data.fingerprint)
        try store.write(piece, data)
    }

    func finish() throws {
        let identifiers = try identity.identifiers(2)
        (header.identifier, header.lastChange) = (identifiers[0], identifiers[1])
        header.allocatedCount = UInt32(store.allocatedCount)
        var bytes = header.encoded()
        for offset in store.offsets {
            let index = offset == 0 ? nil : (offset - UInt64(header.dataOffset)) / store.blockSize
            bytes.appendLittleEndian(index.map { UInt32($0) } ?? VdiHeader.unallocated)
        }
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.resize(to: store.end)
        try file.synchronize()
    }
}
