extension VdiReader {
    /// The table, the blocks, and the header's count of them.
    func check(_ findings: inout ImageFindings) throws {
        let tableEnd = UInt64(header.tableOffset) + UInt64(header.blockCount) * 4
        findings.require(header.tableOffset >= 400, "the table lies over the header")
        findings.require(UInt64(header.dataOffset) >= tableEnd, "the data lies over the table")
        contents.checkBlocks(from: UInt64(header.dataOffset), &findings)
        let allocated = contents.allocatedCount
        findings.require(
            allocated == UInt64(header.allocatedCount),
            "the header counts \(header.allocatedCount) blocks, the table has \(allocated)")
        let used = UInt64(header.dataOffset) + allocated * contents.blockSize
        let lost = contents.fileSize > used ? (contents.fileSize - used) / contents.blockSize : 0
        findings.leak(lost * contents.blockSize, "\(lost) blocks of \(contents.blockSize) bytes are in no table")
    }
}
