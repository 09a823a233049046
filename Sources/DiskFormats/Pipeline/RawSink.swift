/// Writes a disk as a raw file; zeros are left to be holes.
final class RawSink: DiskImageSink {
    let grain = DataRunEncoder.grain
    let encoder = DataRunEncoder()
    private let file: ImageFile

    /// `file` is new and empty.
    init(file: ImageFile, size: UInt64) throws {
        self.file = file
        try file.resize(to: size)
    }

    func append(_ piece: DiskPiece, _ data: DataRuns) throws { try file.write(piece, data) }

    func finish() throws { try file.synchronize() }
}

extension ImageFile {
    /// Writes the data of a piece where it is on the disk, up to the disk's end.
    func write(_ piece: DiskPiece, _ data: DataRuns) throws {
        for run in data.runs {
            let end = min(run.upperBound, piece.bytes.count)
            guard run.lowerBound < end else { continue }
            try write(
                UnsafeRawBufferPointer(rebasing: piece.bytes[run.lowerBound..<end]),
                at: piece.offset + UInt64(run.lowerBound))
        }
    }
}
