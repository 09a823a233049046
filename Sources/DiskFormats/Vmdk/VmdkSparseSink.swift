/// Writes a `monolithicSparse` VMDK: header, descriptor, two directories with all their tables, then grains with data.
final class VmdkSparseSink: DiskImageSink {
    let grain: Int
    let encoder = DataRunEncoder()
    private let file: ImageFile
    private var header: VmdkHeader
    private let options: VmdkOptions
    private var store: BlockStore

    private static let tableSectors = UInt64(VmdkHeader.tableEntryCount) * 4 / 512

    /// `file` is new and empty.
    init(file: ImageFile, size: UInt64, options: VmdkOptions) throws {
        self.file = file
        self.options = options
        header = try options.header(size: size)
        grain = Int(header.grainSize)
        let directorySectors = (header.tableCount * 4 + 511) / 512
        let copy = directorySectors + header.tableCount * Self.tableSectors
        header.redundantDirectorySector = header.descriptorSector + header.descriptorSectors
        header.directorySector = header.redundantDirectorySector + copy
        let end = header.directorySector + copy
        header.overheadSectors = (end + header.grainSectors - 1) / header.grainSectors * header.grainSectors
        store = BlockStore(
            file: file, blockSize: header.grainSize, blockCount: header.grainCount,
            start: header.overheadSectors * 512)
    }

    func append(_ piece: DiskPiece, _ data: DataRuns) throws { try store.write(piece, data) }

    func finish() throws {
        guard store.end / 512 <= UInt64(UInt32.max) else {
            throw DiskFormatError(.unsupported, "write '\(file.path)'", "its data does not fit into 2 TiB")
        }
        try write(header.encoded() + options.descriptor(for: header), at: 0)
        for directory in [header.redundantDirectorySector, header.directorySector] {
            try writeTables(at: directory)
        }
        try file.resize(to: store.end)
        try file.synchronize()
    }

    /// A directory and, behind it, its tables, of which those without data are holes of the file.
    private func writeTables(at sector: UInt64) throws {
        var directory: [UInt8] = []
        let firstTable = sector + (header.tableCount * 4 + 511) / 512
        let count = Int(header.tableEntryCount)
        for table in 0..<Int(header.tableCount) {
            let place = firstTable + UInt64(table) * Self.tableSectors
            directory.appendLittleEndian(UInt32(place))
            let grains = store.offsets[(table * count)..<min((table + 1) * count, store.offsets.count)]
            if grains.allSatisfy({ $0 == 0 }) { continue }
            var entries: [UInt8] = []
            for offset in grains { entries.appendLittleEndian(UInt32(offset / 512)) }
            try write(entries, at: place * 512)
        }
        try write(directory, at: sector * 512)
    }

    private func write(_ bytes: [UInt8], at offset: UInt64) throws {
        try bytes.withUnsafeBytes { try file.write($0, at: offset) }
    }
}
