/// The header of a sparse VMDK extent; little-endian, 512 bytes, all places in sectors.
///
///     0 "KDMV"   4 version   8 flags   12 capacity   20 grain size   28 descriptor   36 its size
///     44 entries of a grain table   48 redundant directory   56 directory   64 where grains may begin
///     72 unclean   73 "\n \r\n"   77 compression
///
/// A stream-optimised one has its directory at the end, and says so by `directoryAtEnd` in front; a copy of the
/// header in the footer has the place. Source: VMware, Virtual Disk Format 5.0, "Hosted Sparse Extents" and
/// "Stream-Optimized Compressed Sparse Extents".
struct VmdkHeader: Sendable, Equatable {
    struct Flags: OptionSet, Sendable, Equatable {
        let rawValue: UInt32
        static let newLineTest = Flags(rawValue: 1 << 0)
        static let redundantTable = Flags(rawValue: 1 << 1)
        /// Entry 1 of a grain table stands for a grain of zeros.
        static let zeroedGrains = Flags(rawValue: 1 << 2)
        static let compressed = Flags(rawValue: 1 << 16)
        static let markers = Flags(rawValue: 1 << 17)
    }

    static let length = 512
    static let magic = Array("KDMV".utf8)
    static let directoryAtEnd = UInt64.max
    static let newLines: [UInt8] = [10, 32, 13, 10]
    static let tableEntryCount: UInt32 = 512
    static let standardGrainSectors: UInt64 = 128

    var version: UInt32
    var flags: Flags
    /// Sectors of the disk.
    var capacity: UInt64
    var grainSectors = Self.standardGrainSectors
    var descriptorSector: UInt64 = 1
    var descriptorSectors: UInt64 = 20
    var tableEntryCount = Self.tableEntryCount
    var redundantDirectorySector: UInt64 = 0
    var directorySector: UInt64 = 0
    var overheadSectors: UInt64 = 0
    /// 1 is deflate with zlib's frame (RFC 1950).
    var compression: UInt16 = 0

    init(version: UInt32, flags: Flags, capacity: UInt64) {
        self.version = version
        self.flags = flags
        self.capacity = capacity
    }

    var grainSize: UInt64 { grainSectors * 512 }
    var grainCount: UInt64 { capacity / grainSectors + (capacity % grainSectors == 0 ? 0 : 1) }
    /// Entries of the directory: a table each.
    var tableCount: UInt64 {
        let entries = UInt64(tableEntryCount)
        return grainCount / entries + (grainCount % entries == 0 ? 0 : 1)
    }

    func encoded() -> [UInt8] {
        var bytes = Self.magic + [UInt8](repeating: 0, count: Self.length - 4)
        bytes.setLittleEndian(version, at: 4)
        bytes.setLittleEndian(flags.rawValue, at: 8)
        bytes.setLittleEndian(capacity, at: 12)
        bytes.setLittleEndian(grainSectors, at: 20)
        bytes.setLittleEndian(descriptorSector, at: 28)
        bytes.setLittleEndian(descriptorSectors, at: 36)
        bytes.setLittleEndian(tableEntryCount, at: 44)
        bytes.setLittleEndian(redundantDirectorySector, at: 48)
        bytes.setLittleEndian(directorySector, at: 56)
        bytes.setLittleEndian(overheadSectors, at: 64)
        bytes.replaceSubrange(73..<77, with: Self.newLines)
        bytes.setLittleEndian(compression, at: 77)
        return bytes
    }

    init(parsing bytes: [UInt8], of file: ImageFile) throws {
        guard bytes.count == Self.length, Array(bytes[..<4]) == Self.magic else {
            throw file.malformed("it has no header of a sparse VMDK")
        }
        version = bytes.littleEndian(UInt32.self, at: 4)
        flags = Flags(rawValue: bytes.littleEndian(UInt32.self, at: 8))
        capacity = bytes.littleEndian(UInt64.self, at: 12)
        grainSectors = bytes.littleEndian(UInt64.self, at: 20)
        descriptorSector = bytes.littleEndian(UInt64.self, at: 28)
        descriptorSectors = bytes.littleEndian(UInt64.self, at: 36)
        tableEntryCount = bytes.littleEndian(UInt32.self, at: 44)
        redundantDirectorySector = bytes.littleEndian(UInt64.self, at: 48)
        directorySector = bytes.littleEndian(UInt64.self, at: 56)
        overheadSectors = bytes.littleEndian(UInt64.self, at: 64)
        compression = bytes.littleEndian(UInt16.self, at: 77)
        try validate(file)
    }

    private func validate(_ file: ImageFile) throws {
        guard (1...3).contains(version) else { throw file.unsupported("it is a VMDK of version \(version)") }
        // QEMU's own limits are wider (a grain of 1 GiB); nobody makes grains other than 64 KiB.
        guard grainSectors.nonzeroBitCount == 1, (1...8192).contains(grainSectors) else {
            throw file.malformed("its grains have \(grainSectors) sectors")
        }
        guard (1...512).contains(tableEntryCount) else {
            throw file.malformed("its grain tables have \(tableEntryCount) entries")
        }
        guard capacity <= UInt64(Int64.max) / 512 else { throw file.malformed("its disk has \(capacity) sectors") }
        guard flags.contains(.compressed) == (compression != 0), compression <= 1 else {
            throw file.unsupported("it is compressed by method \(compression)")
        }
    }
}

/// What stands between the grains of a stream-optimised VMDK: a sector that says what follows, and how long it is.
enum VmdkMarker: UInt32 {
    case endOfStream = 0
    case grainTable = 1
    case grainDirectory = 2
    case footer = 3

    /// A marker of metadata: `sectors` of it follow.
    func encoded(sectors: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        bytes.setLittleEndian(sectors, at: 0)
        bytes.setLittleEndian(rawValue, at: 12)
        return bytes
    }

    /// Bytes of the marker of a grain, which its data follows at once: the first sector of the grain, the data's length.
    static let grainHeaderLength = 12
}
