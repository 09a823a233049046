extension VhdReader {
    /// Footers, table, blocks and their room.
    func check(_ findings: inout ImageFindings) throws {
        let fileSize = try file.size()
        let length = UInt64(VhdFooter.length)
        let last = try file.bytes(at: fileSize - length, count: VhdFooter.length)
        guard let header, let image = contents as? BlockMappedImage else {
            findings.leak(
                fileSize - length - min(footer.effectiveSize, fileSize - length),
                "bytes between the disk and the footer")
            return
        }
        let front = try file.bytes(at: 0, count: VhdFooter.length)
        findings.require(last == front, "the footer and its copy in front differ")
        findings.require(
            header.tableOffset >= footer.dataOffset + UInt64(VhdDynamicHeader.length), "the table lies over the headers"
        )
        let blocks = VhdBlocks(blockSize: UInt64(header.blockSize))
        let tableEnd = header.tableOffset + (UInt64(header.entryCount) * 4 + 511) / 512 * 512
        image.checkBlocks(from: tableEnd + blocks.bitmapSize, to: fileSize - length, &findings)
        try checkUnusedEntries(header, image, &findings)
        let room = blocks.blockSize + blocks.bitmapSize
        let used = tableEnd + image.allocatedCount * room + length
        // Writers may align blocks, so less than one block is no leak.
        let lost = fileSize > used ? (fileSize - used) / room : 0
        findings.leak(lost * room, "\(lost) blocks of \(room) bytes are in no table")
    }

    /// The table may be longer than the disk; what is there beyond it must be unused.
    private func checkUnusedEntries(
        _ header: VhdDynamicHeader, _ image: BlockMappedImage, _ findings: inout ImageFindings
    ) throws {
        let excess = min(Int(header.entryCount) - image.offsets.count, 1 << 16)
        guard excess > 0 else { return }
        let rest = try file.bytes(at: header.tableOffset + UInt64(image.offsets.count) * 4, count: excess * 4)
        let used = stride(from: 0, to: rest.count, by: 4).count { rest.bigEndian(UInt32.self, at: $0) != .max }
        findings.require(used == 0, "\(used) entries of the table are beyond the disk's end")
    }
}
