/// What a VHDX says about its disk: block size, disk size, sector sizes, an identifier.
///
///     0 "metadata"   10 entries   then 32 bytes each: GUID, offset, length, flags (user, virtual disk, required)
///     the items themselves from 64 KiB on
///
/// Source: [MS-VHDX] 2.6.
struct VhdxMetadata: Sendable, Equatable {
    static let tableLength = 64 << 10
    private static let signature = Array("metadata".utf8)
    private static let fileParameters = ImageIdentifier(guid: "CAA16737-FA36-4D43-B3B6-33F0AA44E76B")
    private static let diskSize = ImageIdentifier(guid: "2FA54224-CD1B-4876-B211-5DBED83BF4B8")
    private static let diskIdentifier = ImageIdentifier(guid: "BECA12AB-B2E6-4523-93EF-C309E000C746")
    private static let logicalSector = ImageIdentifier(guid: "8141BF1D-A96F-4709-BA47-F233A8FAAB5F")
    private static let physicalSector = ImageIdentifier(guid: "CDA348C7-445D-4471-9CC9-E9885251C556")
    private static let parentLocator = ImageIdentifier(guid: "A8D35F2D-B30B-454D-ABF7-D3D84834AB0C")
    private static let requiredFlag: UInt32 = 4
    private static let virtualDiskFlag: UInt32 = 2

    var size: UInt64
    var blockSize: UInt64
    var isFixed: Bool
    var identifier: ImageIdentifier
    var logicalSectorSize: UInt64 = 512

    init(size: UInt64, blockSize: UInt64, isFixed: Bool, identifier: ImageIdentifier) {
        self.size = size
        self.blockSize = blockSize
        self.isFixed = isFixed
        self.identifier = identifier
    }

    /// The table and, behind it, the items.
    func encoded() -> [UInt8] {
        var parameters: [UInt8] = []
        parameters.appendLittleEndian(UInt32(blockSize))
        parameters.appendLittleEndian(UInt32(isFixed ? 1 : 0))
        var items: [(ImageIdentifier, UInt32, [UInt8])] = [(Self.fileParameters, Self.requiredFlag, parameters)]
        let disk = Self.requiredFlag | Self.virtualDiskFlag
        items.append((Self.diskSize, disk, Self.littleEndian(size)))
        items.append((Self.diskIdentifier, disk, identifier.bytes))
        items.append((Self.logicalSector, disk, Self.littleEndian(UInt32(logicalSectorSize))))
        items.append((Self.physicalSector, disk, Self.littleEndian(UInt32(4096))))
        var bytes = Self.signature + [UInt8](repeating: 0, count: Self.tableLength - 8)
        bytes.setLittleEndian(UInt16(items.count), at: 10)
        for (index, (name, flags, value)) in items.enumerated() {
            let start = 32 + 32 * index
            bytes.replaceSubrange(start..<(start + 16), with: name.bytes)
            bytes.setLittleEndian(UInt32(bytes.count), at: start + 16)
            bytes.setLittleEndian(UInt32(value.count), at: start + 20)
            bytes.setLittleEndian(flags, at: start + 24)
            bytes += value
        }
        return bytes
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(value)
        return bytes
    }

    /// Reads the items out of the region; each must lie within it.
    init(_ region: VhdxRegionTable.Region, of file: ImageFile) throws {
        let table = try file.bytes(at: region.offset, count: Self.tableLength)
        guard Array(table[..<8]) == Self.signature else { throw file.malformed("its metadata has no signature") }
        let count = Int(table.littleEndian(UInt16.self, at: 10))
        guard count <= 2047 else { throw file.malformed("its metadata claims \(count) items") }
        let entries = stride(from: 32, to: 32 + 32 * count, by: 32).map { start in
            Entry(table, at: start)
        }
        for entry in entries where entry.flags & Self.requiredFlag != 0 && !Self.known.contains(entry.name) {
            throw file.unsupported("it has required metadata that is not known here")
        }
        func item(_ name: ImageIdentifier, _ length: Int) throws -> [UInt8] {
            guard let entry = entries.first(where: { $0.name == name }), Int(entry.length) >= length,
                UInt64(entry.offset) + UInt64(length) <= region.length
            else { throw file.malformed("an item of its metadata is missing or outside of it") }
            return try file.bytes(at: region.offset + UInt64(entry.offset), count: length)
        }
        let parameters = try item(Self.fileParameters, 8)
        blockSize = UInt64(parameters.littleEndian(UInt32.self, at: 0))
        isFixed = parameters[4] & 1 != 0
        guard parameters[4] & 2 == 0 else { throw file.unsupported("it holds only what differs from another file") }
        size = try item(Self.diskSize, 8).littleEndian(UInt64.self, at: 0)
        identifier = ImageIdentifier(bytes: try item(Self.diskIdentifier, 16))
        logicalSectorSize = UInt64(try item(Self.logicalSector, 4).littleEndian(UInt32.self, at: 0))
    }

    private static var known: [ImageIdentifier] {
        [fileParameters, diskSize, diskIdentifier, logicalSector, physicalSector, parentLocator]
    }

    private struct Entry {
        let name: ImageIdentifier
        let offset: UInt32
        let length: UInt32
        let flags: UInt32

        init(_ table: [UInt8], at start: Int) {
            name = ImageIdentifier(bytes: Array(table[start..<(start + 16)]))
            offset = table.littleEndian(UInt32.self, at: start + 16)
            length = table.littleEndian(UInt32.self, at: start + 20)
            flags = table.littleEndian(UInt32.self, at: start + 24)
        }
    }
}

extension [UInt8] {
    /// Appends the number with its least significant byte first.
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
