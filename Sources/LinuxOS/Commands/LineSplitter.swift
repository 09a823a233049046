internal import Glibc

/// Cuts a byte stream into lines at line feeds, and nowhere else: carriage returns stay, as upstream's log filter has it.
///
/// A line longer than `limit` is handed over in pieces, so that a stream without line feeds needs no memory. Bytes that
/// are not UTF-8 become U+FFFD.
struct LineSplitter {
    private var partial: [UInt8] = []
    private let limit: Int

    init(limit: Int = 64 << 10) { self.limit = limit }

    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ sink: (String) -> Void) {
        var rest = bytes[...]
        while let start = rest.baseAddressOfSlice, let end = memchr(start, 10, rest.count) {
            let length = start.distance(to: UnsafeRawPointer(end))
            add(rest.prefix(length), sink)
            sink(String(decoding: partial, as: UTF8.self))
            partial.removeAll(keepingCapacity: true)
            rest = rest.dropFirst(length + 1)
        }
        add(rest, sink)
    }

    /// The last line, if it did not end in a line feed.
    mutating func finish(_ sink: (String) -> Void) {
        guard !partial.isEmpty else { return }
        sink(String(decoding: partial, as: UTF8.self))
        partial = []
    }

    private mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>, _ sink: (String) -> Void) {
        var rest = bytes
        while partial.count + rest.count > limit {
            let piece = rest.prefix(limit - partial.count)
            partial.append(contentsOf: piece)
            sink(String(decoding: partial, as: UTF8.self))
            partial.removeAll(keepingCapacity: true)
            rest = rest.dropFirst(piece.count)
        }
        partial.append(contentsOf: rest)
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Where the slice's bytes begin; nil if it is empty.
    fileprivate var baseAddressOfSlice: UnsafeRawPointer? {
        guard let base = base.baseAddress, !isEmpty else { return nil }
        return base + startIndex
    }
}
