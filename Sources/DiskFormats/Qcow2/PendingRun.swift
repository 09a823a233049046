/// Bytes that lie side by side in memory and shall in the file: collected, so that one call writes them.
struct PendingRun {
    private let file: ImageFile
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private var offset: UInt64 = 0

    init(file: ImageFile) { self.file = file }

    /// Adds bytes, which must stay where they are until `flush`; writes what was collected if they do not follow it.
    mutating func add(_ more: UnsafeRawBufferPointer, at place: UInt64) throws {
        let end = offset + UInt64(bytes.count)
        if let start = bytes.baseAddress, start + bytes.count == more.baseAddress, end == place {
            bytes = UnsafeRawBufferPointer(start: start, count: bytes.count + more.count)
            return
        }
        try flush()
        (bytes, offset) = (more, place)
    }

    /// Writes what was collected.
    mutating func flush() throws {
        if !bytes.isEmpty { try file.write(bytes, at: offset) }
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }
}
