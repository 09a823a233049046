/// Reads VDI images, dynamic and fixed: both have a table of blocks; an image with a parent is refused.
struct VdiReader {
    let contents: BlockMappedImage
    let header: VdiHeader
    let file: ImageFile

    init(_ file: ImageFile) throws {
        self.file = file
        let header = try VdiHeader(parsing: file.bytes(at: 0, count: VdiHeader.length), of: file)
        self.header = header
        let blockSize = UInt64(header.blockSize)
        let count = try BlockMappedImage.blockCount(size: header.size, blockSize: blockSize, file)
        guard count <= header.blockCount else {
            throw file.malformed("its table has \(header.blockCount) entries for \(count) blocks")
        }
        let table = try file.bytes(at: UInt64(header.tableOffset), count: count * 4)
        guard header.dataOffset > 0 || count == 0 else { throw file.malformed("its data is where its header is") }
        let offsets = (0..<count).map { index -> UInt64 in
            let entry = table.littleEndian(UInt32.self, at: index * 4)
            return entry >= VdiHeader.discarded ? 0 : UInt64(header.dataOffset) + UInt64(entry) * blockSize
        }
        contents = try BlockMappedImage(file: file, size: header.size, blockSize: blockSize, offsets: offsets)
    }
}
