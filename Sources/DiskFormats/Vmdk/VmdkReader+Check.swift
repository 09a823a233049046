extension VmdkReader {
    /// Tables and grains: in the file, none over another, and the second directory like the first.
    func check(_ findings: inout ImageFindings) throws {
        findings.require(
            header.directorySector > 0 && header.directorySector <= fileSize / 512, "there is no grain directory")
        var places: [UInt64] = []
        for index in directory.indices where directory[index] != 0 {
            guard let table = try table(index) else { continue }
            places.append(contentsOf: table.lazy.filter { $0 != 0 }.map { UInt64($0) })
        }
        places.sort()
        let isCompressed = header.flags.contains(.compressed)
        // The length of compressed grains is in their markers; they have a sector at least.
        let length = isCompressed ? 1 : header.grainSectors
        for (place, next) in zip(places, places.dropFirst()) where next - place < length {
            findings.error("two grains share sector \(next)")
        }
        for place in places.reversed().prefix(while: { $0 * 512 >= fileSize }) {
            findings.error("a grain at sector \(place) lies outside the file")
        }
        if header.overheadSectors > 0, let first = places.first {
            findings.require(first >= header.overheadSectors, "a grain at sector \(first) lies over the image's tables")
        }
        if header.flags.contains(.redundantTable) { try checkCopy(&findings) }
        if !isCompressed { checkRoom(UInt64(places.count), &findings) }
    }

    private func checkRoom(_ grains: UInt64, _ findings: inout ImageFindings) {
        let behindTables = fileSize / 512 - min(header.overheadSectors, fileSize / 512)
        let room = behindTables / header.grainSectors
        let lost = room - min(grains, room)
        findings.leak(lost * header.grainSize, "\(lost) grains of \(header.grainSize) bytes are in no table")
    }

    /// The redundant directory has tables of its own with the same entries.
    private func checkCopy(_ findings: inout ImageFindings) throws {
        let bytes = try file.bytes(at: header.redundantDirectorySector.multiplied(by: 512), count: directory.count * 4)
        let length = Int(header.tableEntryCount) * 4
        for (index, sector) in directory.enumerated() {
            let copySector = bytes.littleEndian(UInt32.self, at: index * 4)
            if sector == 0, copySector == 0 { continue }
            guard sector != 0, copySector != 0 else {
                findings.error("grain table \(index) is in one directory only")
                continue
            }
            let own = try file.bytes(at: UInt64(sector) * 512, count: length)
            let copy = try file.bytes(at: UInt64(copySector) * 512, count: length)
            findings.require(own == copy, "grain table \(index) and its copy differ")
        }
    }
}

extension UInt64 {
    /// The product, or the largest number: a place that no file has.
    fileprivate func multiplied(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
