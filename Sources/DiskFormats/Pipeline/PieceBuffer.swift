/// The memory of one piece on its way.
struct PieceBuffer: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private var offset: UInt64 = 0
    private var count = 0

    init(size: Int) { memory = .allocate(byteCount: size, alignment: 4096) }

    deinit { memory.deallocate() }

    /// The piece read last.
    var piece: DiskPiece {
        DiskPiece(
            offset: offset, bytes: UnsafeRawBufferPointer(rebasing: memory[..<count]),
            padded: UnsafeRawBufferPointer(memory))
    }

    /// Fills the buffer with a range of a disk, not longer than the buffer; what the disk does not have is zero.
    mutating func read(_ range: Range<UInt64>, of image: any GuestImage) throws {
        offset = range.lowerBound
        count = offset < image.size ? Int(min(UInt64(memory.count), image.size - offset)) : 0
        if count > 0 { try image.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count])) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).initializeMemory(as: UInt8.self, repeating: 0)
    }
}
