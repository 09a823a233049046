/// The blocks of an image that is made of blocks of one size: finds room for those with data, and writes it.
///
/// Blocks come into the file in the disk's order. Zeros inside a block are left to be holes of the file.
struct BlockStore {
    let file: ImageFile
    let blockSize: UInt64
    /// By block: where its bytes are in the file, 0 if it is not there.
    private(set) var offsets: [UInt64]
    /// First byte after the last block.
    private(set) var end: UInt64

    /// An image without blocks yet; the first goes to `start`.
    init(file: ImageFile, blockSize: UInt64, blockCount: UInt64, start: UInt64) {
        self.file = file
        self.blockSize = blockSize
        offsets = Array(repeating: 0, count: Int(blockCount))
        end = start
    }

    /// Gives every block its place at once: a fixed image.
    mutating func allocateAll() {
        for index in offsets.indices { offsets[index] = end + UInt64(index) * blockSize }
        end += UInt64(offsets.count) * blockSize
    }

    /// Writes the data of a piece; `prepare` is asked for the place of a new block's bytes when all before ends at `end`.
    mutating func write(
        _ piece: DiskPiece, _ data: DataRuns, prepare: (_ end: UInt64) throws -> UInt64 = { $0 }
    ) throws {
        for run in data.runs {
            var start = run.lowerBound
            while start < run.upperBound {
                let position = piece.offset + UInt64(start)
                let block = Int(position / blockSize)
                let within = position % blockSize
                let count = Int(min(UInt64(run.upperBound - start), blockSize - within))
                if offsets[block] == 0 {
                    offsets[block] = try prepare(end)
                    end = offsets[block] + blockSize
                }
                try file.write(
                    UnsafeRawBufferPointer(rebasing: piece.padded[start..<(start + count)]),
                    at: offsets[block] + within)
                start += count
            }
        }
    }

    var allocatedCount: Int { offsets.count { $0 != 0 } }
}
