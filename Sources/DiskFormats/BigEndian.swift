extension [UInt8] {
    /// Appends the number with its most significant byte first.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

/// Takes big-endian numbers off the front of bytes that may be too few: then it gives zeros and says so.
struct BigEndianReader {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var isExhausted = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
        let width = Number.bitWidth / 8
        guard bytes.count - position >= width else {
            isExhausted = true
            return 0
        }
        defer { position += width }
        return bytes[position..<(position + width)].reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    /// The byte at a place of its own, nil if there is none.
    func byte(at index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }
}
