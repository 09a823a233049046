extension Qcow2Header {
    /// Bytes of a file that hold every field known to us.
    static let parsedLength = 112

    /// Whether a file that starts with these bytes is qcow2, of whatever version.
    package static func isQcow2(_ bytes: [UInt8]) -> Bool {
        var reader = BigEndianReader(bytes)
        return reader.next(UInt32.self) == magic
    }

    /// Reads the header from the first bytes of a file, and refuses what contradicts the specification.
    ///
    /// Whether the offsets lie inside the file is for whoever has the file; see `Qcow2Reader`.
    package init(parsing bytes: [UInt8], name: String) throws(DiskFormatError) {
        var reader = BigEndianReader(bytes)
        guard reader.next(UInt32.self) == Self.magic else {
            throw Self.malformed(name, "it does not start with the qcow2 magic")
        }
        version = reader.next()
        guard version == 2 || version == 3 else {
            throw DiskFormatError(.unsupported, "read '\(name)'", "qcow2 version \(version) is not known")
        }
        backingFileOffset = reader.next()
        backingFileLength = reader.next()
        clusterBits = reader.next()
        virtualSize = reader.next()
        encryptionMethod = reader.next()
        l1EntryCount = reader.next()
        l1Offset = reader.next()
        refcountTableOffset = reader.next()
        refcountTableClusters = reader.next()
        snapshotCount = reader.next()
        snapshotsOffset = reader.next()
        headerLength = 72
        if version == 3 { readVersion3(&reader) }
        if reader.isExhausted { throw Self.malformed(name, "its header is cut short") }
        compressionType = try Self.compressionType(reader.byte(at: 104), header: self, name: name)
        try validate(name)
    }

    private mutating func readVersion3(_ reader: inout BigEndianReader) {
        incompatibleFeatures = reader.next()
        compatibleFeatures = reader.next()
        autoclearFeatures = reader.next()
        refcountOrder = reader.next()
        headerLength = reader.next()
    }

    /// The byte exists only in headers longer than 104 bytes, and counts only if the feature bit says so.
    private static func compressionType(
        _ byte: UInt8?, header: Qcow2Header, name: String
    ) throws(DiskFormatError) -> Qcow2CompressionType {
        guard header.incompatible.contains(.compressionType) else { return .deflate }
        guard header.headerLength > 104, let byte else {
            throw malformed(name, "its header has no room for the compression type it announces")
        }
        guard let type = Qcow2CompressionType(rawValue: byte) else {
            throw DiskFormatError(.unsupported, "read '\(name)'", "compression type \(byte) is not known")
        }
        return type
    }

    private func validate(_ name: String) throws(DiskFormatError) {
        guard Qcow2Geometry.clusterBitsRange.contains(Int(clamping: clusterBits)) else {
            throw Self.malformed(name, "a cluster size of 2^\(clusterBits) bytes is not allowed")
        }
        guard version == 2 || headerLength >= 104, headerLength % 8 == 0, headerLength <= clusterSize else {
            throw Self.malformed(name, "a header of \(headerLength) bytes is not allowed")
        }
        guard refcountOrder <= 6 else {
            throw Self.malformed(name, "refcounts of 2^\(refcountOrder) bits are not allowed")
        }
        guard geometry.isWithinLimits else {
            throw Self.malformed(name, "a disk of \(virtualSize) bytes is too large for its cluster size")
        }
        guard UInt64(l1EntryCount) * 8 <= Qcow2Geometry.largestL1TableSize, Int(l1EntryCount) >= geometry.l1EntryCount
        else {
            throw Self.malformed(name, "its first-level table of \(l1EntryCount) entries does not fit the disk's size")
        }
        guard l1Offset % clusterSize == 0, refcountTableOffset % clusterSize == 0 else {
            throw Self.malformed(name, "a table does not start at a cluster")
        }
    }

    private static func malformed(_ name: String, _ reason: String) -> DiskFormatError {
        DiskFormatError(.malformed, "read '\(name)'", reason)
    }
}
