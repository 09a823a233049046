import DiskFormats

/// A `btrfs_file_extent_item`: where a part of a file is, or the part itself.
enum BtrfsContents {
    static let inlineHeader = 21
    static let size = 53

    static func inline(_ bytes: [UInt8], generation: UInt64) -> [UInt8] {
        header(generation, length: UInt64(bytes.count), type: 0) + bytes
    }

    static func extent(_ extent: BtrfsExtent, generation: UInt64) -> [UInt8] {
        whole(address: extent.addresses.lowerBound, stored: extent.length, length: extent.length, generation)
    }

    static func hole(_ length: UInt64, generation: UInt64) -> [UInt8] {
        whole(address: 0, stored: 0, length: length, generation)
    }

    private static func whole(address: UInt64, stored: UInt64, length: UInt64, _ generation: UInt64) -> [UInt8] {
        var bytes = header(generation, length: length, type: 1)
        for number in [address, stored, 0, length] { bytes.append(littleEndian: number) }
        return bytes
    }

    /// Neither compressed nor encrypted.
    private static func header(_ generation: UInt64, length: UInt64, type: UInt8) -> [UInt8] {
        [UInt8](littleEndian: generation) + [UInt8](littleEndian: length) + [0, 0, 0, 0, type]
    }
}
