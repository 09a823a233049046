extension VhdxReader {
    /// Both headers, both region tables, regions and blocks.
    func check(_ findings: inout ImageFindings) throws {
        let headers = try VhdxLayout.headerOffsets.map {
            VhdxHeader(parsing: try file.bytes(at: $0, count: VhdxHeader.length))
        }
        for (index, header) in headers.enumerated() {
            findings.require(header != nil, "header \(index + 1) of 2 is damaged")
        }
        let tables = try VhdxLayout.regionTableOffsets.map {
            try VhdxRegionTable(parsing: file.bytes(at: $0, count: VhdxLayout.regionTableLength), of: file)
        }
        findings.require(tables[0] == tables[1], "the two region tables differ, or one is damaged")
        let fixed = [
            VhdxRegionTable.Region(offset: 0, length: VhdxLayout.mebibyte),
            VhdxRegionTable.Region(offset: header.logOffset, length: UInt64(header.logLength)), regions.metadata,
            regions.blockTable,
        ]
        for region in fixed {
            let isAligned = (region.offset | region.length) % VhdxLayout.mebibyte == 0
            findings.require(isAligned, "the region at byte \(region.offset) is not of whole MiB")
        }
        let blocks = contents.offsets.filter { $0 != 0 }
            .map { VhdxRegionTable.Region(offset: $0, length: contents.blockSize) }
        checkOverlaps(fixed + blocks, &findings)
        let used = (fixed + blocks).reduce(0) { $0 + $1.length }
        let lost = contents.fileSize > used ? (contents.fileSize - used) / contents.blockSize : 0
        findings.leak(lost * contents.blockSize, "\(lost) blocks of \(contents.blockSize) bytes are in no table")
    }

    private func checkOverlaps(_ regions: [VhdxRegionTable.Region], _ findings: inout ImageFindings) {
        let sorted = regions.sorted { $0.offset < $1.offset }
        for (region, next) in zip(sorted, sorted.dropFirst()) {
            let (end, overflow) = region.offset.addingReportingOverflow(region.length)
            findings.require(!overflow && end <= next.offset, "what is at byte \(next.offset) lies over what is before")
        }
        guard let last = sorted.last else { return }
        findings.require(
            last.offset <= contents.fileSize && last.length <= contents.fileSize - last.offset,
            "what is at byte \(last.offset) ends outside the file")
    }
}
