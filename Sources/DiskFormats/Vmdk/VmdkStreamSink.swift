import CDeflate

/// Writes a stream-optimised VMDK: compressed grains one after another, each group followed by its table; the directory and
/// a footer at the end.
///
/// The file is written from front to end and nothing is gone back to.
final class VmdkStreamSink: DiskImageSink {
    let grain: Int
    let encoder: ClusterEncoder
    private let file: ImageFile
    private var header: VmdkHeader
    /// Places of the tables, in sectors.
    private var directory: [UInt32]
    private var table: [UInt32]
    /// The table that is being filled.
    private var tableIndex: Int?
    private var position: UInt64

    /// `file` is new and empty.
    init(file: ImageFile, size: UInt64, options: VmdkOptions, memo: EncodingMemo? = nil) throws {
        self.file = file
        header = try options.header(size: size)
        header.overheadSectors = VmdkHeader.standardGrainSectors
        header.directorySector = VmdkHeader.directoryAtEnd
        grain = Int(header.grainSize)
        let geometry = Qcow2Geometry(
            clusterBits: grain.trailingZeroBitCount, virtualSize: header.capacity * 512)
        encoder = ClusterEncoder(geometry: geometry, compression: .deflate(level: options.level), memo: memo)
        directory = Array(repeating: 0, count: Int(header.tableCount))
        table = Array(repeating: 0, count: Int(header.tableEntryCount))
        position = header.overheadSectors * 512
        let front = header.encoded() + options.descriptor(for: header)
        try front.withUnsafeBytes { try file.write($0, at: 0) }
    }

    func append(_ piece: DiskPiece, _ encoded: EncodedClusters) throws {
        var output: [UInt8] = []
        var consumed = 0
        for cluster in encoded.clusters {
            try select(Int(cluster.index) / table.count, &output)
            table[Int(cluster.index) % table.count] = try sector(output.count)
            let start = Int(cluster.index * header.grainSize - piece.offset)
            let bytes = UnsafeRawBufferPointer(rebasing: piece.padded[start..<(start + grain)])
            switch cluster.kind {
            case .compressed(let count):
                appendGrain(cluster.index, bytes, encoded.bytes[consumed..<(consumed + count)], to: &output)
                consumed += count
            case .stored: appendGrain(cluster.index, bytes, Self.stored(bytes)[...], to: &output)
            case .zero: break
            }
        }
        try write(&output)
    }

    /// A grain's marker, its data in zlib's frame (RFC 1950), zeros up to a sector.
    private func appendGrain(
        _ index: UInt64, _ bytes: UnsafeRawBufferPointer, _ deflated: ArraySlice<UInt8>, to output: inout [UInt8]
    ) {
        output.appendLittleEndian(index * header.grainSectors)
        output.appendLittleEndian(UInt32(deflated.count + 6))
        output += [0x78, 0x9C]
        output += deflated
        output.appendBigEndian(libdeflate_adler32(1, bytes.baseAddress, bytes.count))
        Self.pad(&output)
    }

    /// Bytes that no compression makes shorter, as deflate's stored blocks of up to 65535 bytes (RFC 1951, 3.2.4).
    private static func stored(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 65535) {
            let end = min(start + 65535, bytes.count)
            output.append(end == bytes.count ? 1 : 0)
            output.appendLittleEndian(UInt16(end - start))
            output.appendLittleEndian(~UInt16(end - start))
            output += bytes[start..<end]
        }
        return output
    }

    private static func pad(_ output: inout [UInt8]) {
        output += [UInt8](repeating: 0, count: (512 - output.count % 512) % 512)
    }

    /// The sector of what comes behind so many bytes that are not written yet.
    private func sector(_ pending: Int) throws -> UInt32 {
        guard let sector = UInt32(exactly: (position + UInt64(pending)) / 512) else {
            throw DiskFormatError(.unsupported, "write '\(file.path)'", "its data does not fit into 2 TiB")
        }
        return sector
    }

    private func write(_ output: inout [UInt8]) throws {
        try output.withUnsafeBytes { try file.write($0, at: position) }
        position += UInt64(output.count)
        output.removeAll(keepingCapacity: true)
    }

    /// Writes the table of the grains before, if a grain of another comes.
    private func select(_ index: Int, _ output: inout [UInt8]) throws {
        if tableIndex == index { return }
        try flushTable(&output)
        tableIndex = index
    }

    private func flushTable(_ output: inout [UInt8]) throws {
        guard let index = tableIndex else { return }
        output += VmdkMarker.grainTable.encoded(sectors: UInt64(table.count * 4 / 512))
        directory[index] = try sector(output.count)
        for entry in table { output.appendLittleEndian(entry) }
        table = Array(repeating: 0, count: table.count)
    }

    func finish() throws {
        var output: [UInt8] = []
        try flushTable(&output)
        output += VmdkMarker.grainDirectory.encoded(sectors: UInt64((directory.count * 4 + 511) / 512))
        header.directorySector = UInt64(try sector(output.count))
        for entry in directory { output.appendLittleEndian(entry) }
        Self.pad(&output)
        output += VmdkMarker.footer.encoded(sectors: 1)
        output += header.encoded()
        output += VmdkMarker.endOfStream.encoded(sectors: 0)
        try write(&output)
        try file.synchronize()
    }
}
