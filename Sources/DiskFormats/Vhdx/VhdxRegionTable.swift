/// The table that says where the block table and the metadata of a VHDX are.
///
///     0 "regi"   4 CRC-32C   8 entries   then 32 bytes each: GUID, offset, length, required   (64 KiB)
///
/// Source: [MS-VHDX] 2.2.3.
struct VhdxRegionTable: Sendable, Equatable {
    struct Region: Sendable, Equatable {
        let offset: UInt64
        let length: UInt64
    }

    static let signature = Array("regi".utf8)
    static let largestEntryCount: UInt32 = 2047
    private static let blockTable = ImageIdentifier(guid: "2DC27766-F623-4200-9D64-115E9BFD4A08")
    private static let metadata = ImageIdentifier(guid: "8B7CA206-4790-4B9A-B8FE-575F050F886E")

    let blockTable: Region
    let metadata: Region

    init(layout: VhdxLayout) {
        blockTable = Region(offset: layout.tableOffset, length: layout.tableLength)
        metadata = Region(offset: layout.metadataOffset, length: VhdxLayout.mebibyte)
    }

    func encoded() -> [UInt8] {
        var bytes = Self.signature + [UInt8](repeating: 0, count: VhdxLayout.regionTableLength - 4)
        bytes.setLittleEndian(UInt32(2), at: 8)
        for (index, (name, region)) in [(Self.blockTable, blockTable), (Self.metadata, metadata)].enumerated() {
            let start = 16 + 32 * index
            bytes.replaceSubrange(start..<(start + 16), with: name.bytes)
            bytes.setLittleEndian(region.offset, at: start + 16)
            bytes.setLittleEndian(UInt32(region.length), at: start + 24)
            bytes.setLittleEndian(UInt32(1), at: start + 28)
        }
        bytes.setCrc32c(at: 4)
        return bytes
    }

    /// Nil if this copy of the table is damaged; throws for an intact one that asks for what is not known here.
    init?(parsing bytes: [UInt8], of file: ImageFile) throws {
        guard bytes.count == VhdxLayout.regionTableLength, Array(bytes[..<4]) == Self.signature,
            bytes.hasCrc32c(at: 4)
        else { return nil }
        let count = bytes.littleEndian(UInt32.self, at: 8)
        guard count <= Self.largestEntryCount else { return nil }
        var found: [Region?] = [nil, nil]
        for start in stride(from: 16, to: 16 + 32 * Int(count), by: 32) {
            let name = ImageIdentifier(bytes: Array(bytes[start..<(start + 16)]))
            let region = Region(
                offset: bytes.littleEndian(UInt64.self, at: start + 16),
                length: UInt64(bytes.littleEndian(UInt32.self, at: start + 24)))
            switch name {
            case Self.blockTable: found[0] = region
            case Self.metadata: found[1] = region
            default:
                guard bytes.littleEndian(UInt32.self, at: start + 28) & 1 == 0 else {
                    throw file.unsupported("it has a required region that is not known here")
                }
            }
        }
        guard let blockTable = found[0], let metadata = found[1] else {
            throw file.malformed("it has no block table or no metadata")
        }
        (self.blockTable, self.metadata) = (blockTable, metadata)
    }
}
