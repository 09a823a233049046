/// Reads VHDX images, dynamic and fixed; refused are those with a parent, and those whose log must be replayed first.
struct VhdxReader {
    static let signature = Array("vhdxfile".utf8)

    let contents: BlockMappedImage
    let header: VhdxHeader
    let regions: VhdxRegionTable
    let metadata: VhdxMetadata
    let layout: VhdxLayout
    let file: ImageFile

    init(_ file: ImageFile) throws {
        self.file = file
        guard try file.bytes(at: 0, count: 8) == Self.signature else {
            throw file.malformed("it has no VHDX signature")
        }
        header = try Self.header(of: file)
        guard header.log.isZero else {
            throw file.unsupported("its log must be replayed first ('qemu-img check -r all' does that)")
        }
        regions = try Self.regions(of: file)
        let fileSize = try file.size()
        for region in [regions.blockTable, regions.metadata] {
            guard region.offset >= VhdxLayout.mebibyte, region.offset <= fileSize,
                region.length <= fileSize - region.offset
            else { throw file.malformed("a region lies outside the file") }
        }
        metadata = try VhdxMetadata(regions.metadata, of: file)
        layout = try Self.layout(metadata, header, file)
        contents = try BlockMappedImage(
            file: file, size: metadata.size, blockSize: metadata.blockSize,
            offsets: Self.offsets(layout, regions.blockTable, file))
    }

    private static func header(of file: ImageFile) throws -> VhdxHeader {
        let headers = try VhdxLayout.headerOffsets.compactMap {
            VhdxHeader(parsing: try file.bytes(at: $0, count: VhdxHeader.length))
        }
        guard let header = headers.max(by: { $0.sequenceNumber < $1.sequenceNumber }) else {
            throw file.malformed("neither of its headers is intact")
        }
        return header
    }

    private static func regions(of file: ImageFile) throws -> VhdxRegionTable {
        for offset in VhdxLayout.regionTableOffsets {
            let bytes = try file.bytes(at: offset, count: VhdxLayout.regionTableLength)
            if let table = try VhdxRegionTable(parsing: bytes, of: file) { return table }
        }
        throw file.malformed("neither of its region tables is intact")
    }

    private static func layout(
        _ metadata: VhdxMetadata, _ header: VhdxHeader, _ file: ImageFile
    ) throws -> VhdxLayout {
        guard metadata.blockSize.nonzeroBitCount == 1, VhdxLayout.blockSizes.contains(metadata.blockSize) else {
            throw file.malformed("its block size is \(metadata.blockSize)")
        }
        guard metadata.logicalSectorSize == 512 || metadata.logicalSectorSize == 4096 else {
            throw file.malformed("its sector size is \(metadata.logicalSectorSize)")
        }
        guard metadata.size <= VhdxLayout.largestSize, metadata.size % metadata.logicalSectorSize == 0 else {
            throw file.malformed("its disk size is \(metadata.size)")
        }
        return VhdxLayout(
            size: metadata.size, blockSize: metadata.blockSize, logLength: UInt64(header.logLength),
            sectorSize: metadata.logicalSectorSize)
    }

    private static func offsets(
        _ layout: VhdxLayout, _ region: VhdxRegionTable.Region, _ file: ImageFile
    ) throws -> [UInt64] {
        let count = try BlockMappedImage.blockCount(size: layout.size, blockSize: layout.blockSize, file)
        guard layout.entryCount * 8 <= region.length else {
            throw file.malformed("its block table is too short for \(count) blocks")
        }
        let table = try file.bytes(at: region.offset, count: Int(layout.entryCount) * 8)
        return try (0..<count).map { block in
            let index = layout.entryIndex(ofBlock: UInt64(block))
            let entry = VhdxBlockEntry(rawValue: table.littleEndian(UInt64.self, at: index * 8))
            switch entry.state {
            case .notPresent, .undefined, .zero, .unmapped: return 0
            case .fullyPresent where entry.offset > 0: return entry.offset
            default: throw file.malformed("block \(block) is in a state that its image cannot have")
            }
        }
    }
}
