/// Reads the reference counts of a qcow2 file, of any width, as far as the file has clusters and a little further.
struct Qcow2RefcountReading {
    let file: ImageFile
    let header: Qcow2Header

    /// The counts by cluster, 65535 standing for more; the table and its blocks are marked as used.
    func counts(_ usage: inout Qcow2Usage, _ findings: inout ImageFindings) throws -> [UInt16] {
        let clusterSize = header.clusterSize
        let length = UInt64(header.refcountTableClusters) * clusterSize
        guard length <= Qcow2Geometry.largestRefcountTableSize else {
            throw file.malformed("its refcount table has \(length) bytes")
        }
        guard length > 0, usage.mark(header.refcountTableOffset, length, .refcounts, &findings) else { return [] }
        let table = try file.bigEndianWords(at: header.refcountTableOffset, count: Int(length / 8))
        let entries = Int(clusterSize * 8) >> Int(header.refcountOrder)
        let needed = Int((usage.fileSize + clusterSize - 1) / clusterSize)
        var counts: [UInt16] = []
        for (index, word) in table.enumerated() where word != 0 {
            guard usage.mark(word, clusterSize, .refcounts, &findings) else { continue }
            let start = index * entries
            // A block far behind the end of the file counts nothing that could be there.
            guard start <= needed + entries else {
                findings.error("the refcounts of clusters from \(start) on are behind the end of the file")
                continue
            }
            counts += [UInt16](repeating: 0, count: max(0, start - counts.count))
            counts += Self.decode(try file.bytes(at: word, count: Int(clusterSize)), order: header.refcountOrder)
        }
        return counts
    }

    /// Widths below a byte fill it from the lowest bit up; wider ones are big-endian.
    static func decode(_ bytes: [UInt8], order: UInt32) -> [UInt16] {
        let width = 1 << Int(order)
        if width < 8 {
            let mask = UInt8(1 << width - 1)
            return bytes.flatMap { byte in
                stride(from: 0, to: 8, by: width).map { UInt16(byte >> UInt8($0) & mask) }
            }
        }
        return stride(from: 0, to: bytes.count, by: width / 8).map { start in
            let value = bytes[start..<(start + width / 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return UInt16(clamping: value)
        }
    }
}
