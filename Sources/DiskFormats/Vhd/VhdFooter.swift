/// The footer of a VHD: its last 512 bytes, and of a dynamic one the first 512 as well; big-endian.
///
///     0 "conectix"   8 features 2    12 version 1.0  16 dynamic header's offset   24 seconds since 2000
///     28 creator     32 its version  36 host system  40 original size  48 size    56 cylinders, heads, sectors
///     60 disk type   64 checksum     68 identifier   84 saved state               85 zeros
///
/// Source: Microsoft's Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format".
struct VhdFooter: Sendable, Equatable {
    enum DiskType: UInt32, Sendable {
        case fixed = 2
        case dynamic = 3
        /// Holds only what differs from another file.
        case differencing = 4
    }

    static let length = 512
    static let cookie = Array("conectix".utf8)
    private static let noOffset = UInt64.max

    var diskType: DiskType
    var size: UInt64
    var geometry: VhdGeometry
    var identifier: ImageIdentifier
    /// Four bytes that tell some readers which size to believe, see `VhdOptions.SizeRule`.
    var creator: [UInt8]

    /// Where the dynamic header of an image of ours is: behind the copy of the footer.
    static let dynamicHeaderOffset = UInt64(length)
    private(set) var dataOffset: UInt64

    init(
        diskType: DiskType, size: UInt64, geometry: VhdGeometry, identifier: ImageIdentifier, creator: String
    ) {
        self.diskType = diskType
        self.size = size
        self.geometry = geometry
        self.identifier = identifier
        self.creator = Array(creator.utf8)
        dataOffset = diskType == .fixed ? Self.noOffset : Self.dynamicHeaderOffset
    }

    /// The time of creation is left at its zero, so that equal disks give equal files.
    func encoded() -> [UInt8] {
        var bytes = Self.cookie
        bytes.appendBigEndian(UInt32(2))
        bytes.appendBigEndian(UInt32(0x0001_0000))
        bytes.appendBigEndian(dataOffset)
        bytes.appendBigEndian(UInt32(0))
        bytes += creator
        bytes.appendBigEndian(UInt32(0x0005_0003))
        bytes += Array("Wi2k".utf8)
        bytes.appendBigEndian(size)
        bytes.appendBigEndian(size)
        bytes.appendBigEndian(geometry.cylinders)
        bytes += [geometry.heads, geometry.sectorsPerTrack]
        bytes.appendBigEndian(diskType.rawValue)
        bytes.appendBigEndian(UInt32(0))
        bytes += identifier.bytes
        bytes += [UInt8](repeating: 0, count: Self.length - bytes.count)
        bytes.setVhdChecksum(at: 64)
        return bytes
    }

    /// Nil if the bytes are not a footer at all, as of a raw disk; throws for a footer that is damaged.
    init?(parsing bytes: [UInt8], of file: ImageFile) throws {
        guard bytes.count == Self.length, Array(bytes[..<8]) == Self.cookie else { return nil }
        guard bytes.vhdChecksum(at: 64) == bytes.bigEndian(UInt32.self, at: 64) else {
            throw file.malformed("the footer's checksum is wrong")
        }
        let type = bytes.bigEndian(UInt32.self, at: 60)
        guard let diskType = DiskType(rawValue: type) else { throw file.unsupported("it is a VHD of type \(type)") }
        self.diskType = diskType
        size = bytes.bigEndian(UInt64.self, at: 48)
        geometry = VhdGeometry(
            cylinders: bytes.bigEndian(UInt16.self, at: 56), heads: bytes[58], sectorsPerTrack: bytes[59])
        identifier = ImageIdentifier(bytes: Array(bytes[68..<84]))
        creator = Array(bytes[28..<32])
        dataOffset = bytes.bigEndian(UInt64.self, at: 16)
    }

    /// The disk's size: of the footer's two answers the one that the creator meant.
    ///
    /// Virtual PC and QEMU (`qemu`) go by the geometry, Hyper-V and most others by the size field; a geometry at its limit
    /// says nothing. The list is QEMU's (`block/vpc.c`), so that both see the same disk.
    var effectiveSize: UInt64 {
        let goesByGeometry = [Array("vpc ".utf8), Array("vs  ".utf8), Array("qemu".utf8)].contains(creator)
        let isMeaningful = geometry.sectorCount > 0 && geometry.sectorCount < VhdGeometry.largestSectorCount
        return goesByGeometry && isMeaningful ? geometry.sectorCount * 512 : size
    }
}

extension [UInt8] {
    /// The ones' complement of the sum of all bytes but the checksum's own four.
    func vhdChecksum(at offset: Int) -> UInt32 {
        let own = self[offset..<(offset + 4)].reduce(UInt32(0)) { $0 &+ UInt32($1) }
        return ~(reduce(UInt32(0)) { $0 &+ UInt32($1) } &- own)
    }

    mutating func setVhdChecksum(at offset: Int) {
        let sum = vhdChecksum(at: offset)
        for index in 0..<4 { self[offset + index] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * index)) }
    }

    /// A field of a buffer whose length the caller has checked.
    func bigEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        self[offset..<(offset + Value.bitWidth / 8)].reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }
}
