package import SystemPackage

/// Checks the structure of an image: tables, checksums, places of blocks, room that nobody uses.
package struct ImageCheck: Sendable {
    package let format: DiskImageFormat
    package let findings: ImageFindings

    /// `readsData` also reads and inflates all data, which finds damage inside compressed blocks.
    ///
    /// Throws for what cannot be judged (the file cannot be read, a feature is not known here); damage is a finding.
    package init(_ path: FilePath, format: DiskImageFormat? = nil, readsData: Bool = false) throws {
        let file = try ImageFile.open(path)
        let format = try format ?? DiskImageFormat(of: file)
        self.format = format
        var findings = ImageFindings()
        do {
            try Self.check(file, format, &findings)
            if readsData { try DiskPass(DiskImage(path, format: format).contents).run([]) }
        } catch let error as DiskFormatError where error.kind == .malformed {
            findings.error(error.reason)
        }
        self.findings = findings
    }

    private static func check(_ file: ImageFile, _ format: DiskImageFormat, _ findings: inout ImageFindings) throws {
        switch format {
        case .raw: break
        case .qcow2:
            var check = try Qcow2Check(file)
            try check.run(&findings)
        case .vhd: try VhdReader(file).check(&findings)
        case .vdi: try VdiReader(file).check(&findings)
        case .vhdx: try VhdxReader(file).check(&findings)
        case .vmdk: try VmdkReader(file).check(&findings)
        }
    }
}

extension BlockMappedImage {
    /// Blocks must lie behind the image's own tables, as far as `end` when given.
    func checkBlocks(from start: UInt64, to end: UInt64? = nil, _ findings: inout ImageFindings) {
        for (index, offset) in offsets.enumerated() where offset != 0 {
            findings.require(offset >= start, "block \(index) at byte \(offset) lies over the image's tables")
            let limit = end ?? fileSize
            findings.require(
                offset <= limit && blockSize <= limit - offset, "block \(index) at byte \(offset) ends outside the file"
            )
        }
    }

    /// First byte behind the last block, or `start` if there is none.
    func end(from start: UInt64) -> UInt64 { offsets.max().map { $0 == 0 ? start : $0 + blockSize } ?? start }

    var allocatedCount: UInt64 { UInt64(offsets.count { $0 != 0 }) }
}
