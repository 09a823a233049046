/// Checks that a qcow2 image's reference counts are what its tables say, and that nothing lies over its tables.
///
/// Counts every cluster that header, tables, snapshots and data use, and compares with the counts in the file: lower ones
/// are errors (QEMU would give the cluster away), higher ones leaks. Flags "used once" must be right for the active
/// tables. Source: qcow2 specification, "Host cluster management".
struct Qcow2Check {
    /// Clusters of a file that are counted, with two bytes and a kind each.
    private static let largestClusterCount: UInt64 = 64 << 20
    private static let knownFeatures: UInt64 = 0b1_1111

    private let file: ImageFile
    private let header: Qcow2Header
    private let clusterSize: UInt64
    private var usage: Qcow2Usage

    init(_ file: ImageFile) throws {
        self.file = file
        header = try Qcow2Reader.header(of: file)
        clusterSize = header.clusterSize
        let size = try file.size()
        let count = (size + clusterSize - 1) / clusterSize
        func refuse(_ reason: String) -> DiskFormatError {
            DiskFormatError(.unsupported, "check '\(file.path)'", reason)
        }
        guard count <= Self.largestClusterCount else { throw refuse("it has \(count) clusters") }
        guard header.encryptionMethod == 0 else { throw refuse("it is encrypted") }
        guard header.incompatibleFeatures & ~Self.knownFeatures == 0 else { throw refuse("it has unknown features") }
        guard header.autoclearFeatures & 1 == 0 else { throw refuse("it has bitmaps, which are not known here") }
        usage = Qcow2Usage(clusterCount: Int(count), clusterSize: clusterSize, fileSize: size)
    }

    mutating func run(_ findings: inout ImageFindings) throws {
        usage.mark(0, clusterSize, .header, &findings)
        if header.incompatibleFeatures & 0b10 != 0 { findings.error("the image is marked as corrupt") }
        let tables = try words(at: header.l1Offset, count: Int(header.l1EntryCount), .l1, &findings)
        try walk(tables, &findings)
        try walkSnapshots(&findings)
        let counts = try Qcow2RefcountReading(file: file, header: header).counts(&usage, &findings)
        usage.compare(counts, isLazy: header.incompatibleFeatures & 1 != 0, &findings)
        try checkUsedOnceFlags(tables, counts, &findings)
    }

    /// Big-endian words of a table, which counts as used; none if it is not all in the file.
    private mutating func words(
        at offset: UInt64, count: Int, _ kind: Qcow2Usage.Kind, _ findings: inout ImageFindings
    ) throws -> [UInt64] {
        guard count > 0, usage.mark(offset, UInt64(count) * 8, kind, &findings) else { return [] }
        return try file.bigEndianWords(at: offset, count: count)
    }

    /// Counts what the tables below a first-level table use; one named twice is not read twice, which bounds the work.
    private mutating func walk(_ l1: [UInt64], _ findings: inout ImageFindings) throws {
        var seen: Set<UInt64> = []
        for entry in l1 {
            let offset = entry & L2Entry.offsetMask
            findings.require(
                entry & ~(L2Entry.offsetMask | L2Entry.copiedFlag) == 0,
                "first-level entry \(hex(entry)) has reserved bits")
            if offset == 0 { continue }
            guard seen.insert(offset).inserted else {
                findings.error("the second-level table at byte \(offset) is used twice")
                continue
            }
            let table = try words(at: offset, count: Int(clusterSize / 8), .l2, &findings)
            for index in stride(from: 0, to: table.count, by: step) { markData(table[index], &findings) }
        }
    }

    /// Words of an entry of a second-level table.
    private var step: Int { header.incompatible.contains(.extendedL2) ? 2 : 1 }

    private mutating func markData(_ word: UInt64, _ findings: inout ImageFindings) {
        let entry = L2Entry(rawValue: word)
        if word & L2Entry.compressedFlag != 0 {
            guard case .compressed(let offset, let count) = entry.mapping(clusterBits: Int(header.clusterBits)) else {
                return
            }
            // The last sector may be said to lie beyond the end of a file that was cut there.
            let end = min(offset + UInt64(count), max(usage.fileSize, offset + 1))
            usage.mark(offset, end - offset, .data, &findings)
            return
        }
        // Bit 0 says zero since version 3, but not beside bitmaps of parts.
        let zeroFlag = header.version == 3 && step == 1 ? L2Entry.zeroFlag : 0
        let allowed = L2Entry.offsetMask | L2Entry.copiedFlag | zeroFlag
        findings.require(word & ~allowed == 0, "second-level entry \(hex(word)) has reserved bits")
        if word & L2Entry.offsetMask != 0, !header.incompatible.contains(.externalData) {
            usage.mark(word & L2Entry.offsetMask, clusterSize, .data, &findings)
        }
    }

    /// The list of snapshots: entries of 40 bytes with extra data, identifier and name, padded to 8 bytes.
    private mutating func walkSnapshots(_ findings: inout ImageFindings) throws {
        var offset = header.snapshotsOffset
        var budget = 1 << 20
        // QEMU's limit too.
        guard header.snapshotCount <= 65536 else { throw file.malformed("it claims \(header.snapshotCount) snapshots") }
        for number in 0..<header.snapshotCount {
            guard offset < usage.fileSize, usage.fileSize - offset >= 40 else {
                findings.error("snapshot \(number) lies outside the file")
                return
            }
            let entry = try file.bytes(at: offset, count: 40)
            let lengths =
                UInt64(entry.bigEndian(UInt16.self, at: 12)) + UInt64(entry.bigEndian(UInt16.self, at: 14))
                + UInt64(entry.bigEndian(UInt32.self, at: 36))
            offset += (40 + lengths + 7) / 8 * 8
            let count = Int(entry.bigEndian(UInt32.self, at: 8))
            budget -= count
            guard UInt64(count) * 8 <= Qcow2Geometry.largestL1TableSize, budget > 0 else {
                throw DiskFormatError(.unsupported, "check '\(file.path)'", "its snapshots have too many tables")
            }
            try walk(words(at: entry.bigEndian(UInt64.self, at: 0), count: count, .l1, &findings), &findings)
        }
        if header.snapshotCount > 0 {
            usage.mark(header.snapshotsOffset, offset - header.snapshotsOffset, .snapshots, &findings)
        }
    }

    /// "Used once" must be said exactly where the count is one, by first- and second-level entries.
    private func checkUsedOnceFlags(
        _ l1: [UInt64], _ counts: [UInt16], _ findings: inout ImageFindings
    ) throws {
        func check(_ word: UInt64, _ what: String) {
            let cluster = Int((word & L2Entry.offsetMask) / clusterSize)
            guard word & L2Entry.offsetMask != 0, counts.indices.contains(cluster) else { return }
            let isOnce = word & L2Entry.copiedFlag != 0
            findings.require(
                isOnce == (counts[cluster] == 1),
                "\(what) at byte \(word & L2Entry.offsetMask): flag \"used once\" is wrong")
        }
        for entry in l1 {
            check(entry, "table")
            let offset = entry & L2Entry.offsetMask
            guard offset != 0, offset % clusterSize == 0, offset <= usage.fileSize,
                clusterSize <= usage.fileSize - offset
            else { continue }
            let table = try file.bigEndianWords(at: offset, count: Int(clusterSize / 8))
            guard !header.incompatible.contains(.externalData) else { continue }
            for index in stride(from: 0, to: table.count, by: step)
            where table[index] & L2Entry.compressedFlag == 0 { check(table[index], "cluster") }
        }
    }
}

private func hex(_ word: UInt64) -> String { "0x" + String(word, radix: 16) }

extension ImageFile {
    /// A table of 64-bit numbers; the caller has bounded `count`.
    func bigEndianWords(at offset: UInt64, count: Int) throws -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        try words.withUnsafeMutableBytes { try read(at: offset, into: $0) }
        for index in words.indices { words[index] = UInt64(bigEndian: words[index]) }
        return words
    }
}
