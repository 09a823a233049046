/// A GPT header (UEFI 2.10, table 5-5), kept as the bytes it was read as.
///
/// ```
///   0 "EFI PART"  8 revision  12 header size  16 CRC of header  24 this LBA  32 other LBA
///  40 first usable  48 last usable  56 disk GUID  72 LBA of entries  80 count  84 size of entry  88 CRC of entries
/// ```
struct GPTHeader {
    private static let mark = Array("EFI PART".utf8)
    private static let leastSize = 92
    /// Entries and entry sizes beyond these are no table that anyone wrote.
    private static let entryLimit: UInt32 = 4096
    private static let entrySizes: ClosedRange<UInt32> = 128...4096

    private(set) var buffer: SectorBuffer

    var otherLBA: UInt64 { buffer.integer(at: 32) }
    var diskGUID: GUID { GUID(diskBytes: buffer.slice(at: 56, count: GUID.byteCount)) }
    var entriesLBA: UInt64 { buffer.integer(at: 72) }
    var entryCount: Int { Int(buffer.integer(at: 80, as: UInt32.self)) }
    var entrySize: Int { Int(buffer.integer(at: 84, as: UInt32.self)) }

    static func isMarked(_ buffer: SectorBuffer) -> Bool { buffer.slice(at: 0, count: mark.count) == mark }

    /// Reads the header in a sector and verifies it.
    init(_ image: ImageBytes, sector: UInt64, sectorSize: UInt64) throws {
        guard sector < image.size / sectorSize else { throw Refusal("a GPT header lies behind the end of the disk") }
        buffer = try image.read(at: sector * sectorSize, count: Int(sectorSize))
        guard Self.isMarked(buffer) else { throw Refusal("there is no GPT header in sector \(sector)") }
        let size = buffer.integer(at: 12, as: UInt32.self)
        guard size >= Self.leastSize, size <= sectorSize else { throw Refusal("a GPT header has a size of \(size)") }
        guard buffer.integer(at: 16, as: UInt32.self) == checksum else {
            throw Refusal("the checksum of the GPT header in sector \(sector) is wrong")
        }
        guard buffer.integer(at: 80, as: UInt32.self) <= Self.entryLimit,
            Self.entrySizes.contains(buffer.integer(at: 84))
        else {
            throw Refusal("the GPT header in sector \(sector) describes \(entryCount) entries of \(entrySize) bytes")
        }
    }

    /// Over the header with its own field as zero.
    private var checksum: UInt32 {
        var bytes = buffer.slice(at: 0, count: Int(buffer.integer(at: 12, as: UInt32.self)))
        for index in 16..<20 { bytes[index] = 0 }
        return Checksum32.of(bytes)
    }

    /// Takes the disk's GUID and the checksum of the entries, and renews its own.
    mutating func seal(diskGUID: GUID, entries: SectorBuffer) {
        buffer.set(diskGUID.diskBytes, at: 56)
        buffer.set(Checksum32.of(entries.bytes), at: 88)
        buffer.set(checksum, at: 16)
    }

    /// The entries the header points to.
    func entries(of image: ImageBytes, sectorSize: UInt64) throws -> SectorBuffer {
        guard entriesLBA < image.size / sectorSize else { throw Refusal("GPT entries lie behind the end of the disk") }
        let entries = try image.read(at: entriesLBA * sectorSize, count: entryCount * entrySize)
        guard Checksum32.of(entries.bytes) == buffer.integer(at: 88, as: UInt32.self) else {
            throw Refusal("the checksum of the GPT entries is wrong")
        }
        return entries
    }
}
