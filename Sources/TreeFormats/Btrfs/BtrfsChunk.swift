import DiskFormats

/// A piece of the address space of a btrfs, and where on the device it lies: once or twice.
struct BtrfsChunk {
    /// What a chunk is for (BTRFS_BLOCK_GROUP_*).
    enum Purpose: UInt64 {
        case data = 1
        case system = 2
        case metadata = 4
    }

    static let duplicate: UInt64 = 0x20
    /// Everything about chunks is a multiple of it.
    static let stripe: UInt64 = 65536

    let purpose: Purpose
    let addresses: Range<UInt64>
    /// Where each copy begins on the device.
    let places: [UInt64]

    var flags: UInt64 { purpose.rawValue | (places.count > 1 ? Self.duplicate : 0) }
    var length: UInt64 { UInt64(addresses.count) }

    /// Addresses that may be given out: those where a copy of the superblock lies may not.
    var usable: [Range<UInt64>] {
        var parts = [addresses]
        for place in places {
            for offset in BtrfsSuperblock.offsets where offset >= place && offset < place + length {
                let start = addresses.lowerBound + (offset - place) / Self.stripe * Self.stripe
                parts = parts.flatMap { part -> [Range<UInt64>] in
                    guard part.contains(start) else { return [part] }
                    return [part.lowerBound..<start, min(part.upperBound, start + Self.stripe)..<part.upperBound]
                        .filter { !$0.isEmpty }
                }
            }
        }
        return parts
    }

    /// A `btrfs_chunk`.
    func item(device: [UInt8], sectorSize: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [length, BtrfsObject.extentTree, Self.stripe, flags] { bytes.append(littleEndian: number) }
        for number in [UInt32(Self.stripe), UInt32(Self.stripe), UInt32(sectorSize)] {
            bytes.append(littleEndian: number)
        }
        bytes.append(littleEndian: UInt16(places.count))
        bytes.append(littleEndian: UInt16(1))
        for place in places {
            bytes.append(littleEndian: UInt64(1))
            bytes.append(littleEndian: place)
            bytes += device
        }
        return bytes
    }

    /// The chunk in a `btrfs_chunk`; nothing if it is none on one device, and how long the item is.
    static func parse(_ bytes: [UInt8], at offset: Int) -> (flags: UInt64, places: [UInt64], size: Int)? {
        guard offset + 48 <= bytes.count else { return nil }
        let count = Int(bytes.littleEndian(UInt16.self, at: offset + 44))
        guard (1...2).contains(count), offset + 48 + count * 32 <= bytes.count else { return nil }
        let places = (0..<count).map { bytes.littleEndian(UInt64.self, at: offset + 48 + $0 * 32 + 8) }
        return (bytes.littleEndian(UInt64.self, at: offset + 24), places, 48 + count * 32)
    }
}

/// How often each kind is kept on the device.
struct BtrfsProfiles: Hashable {
    var data = 1
    var metadata = 1
    var system = 1
}
