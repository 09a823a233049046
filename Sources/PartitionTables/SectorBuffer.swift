/// Bytes of a disk with fields at stated offsets, all little-endian, as MBR and GPT have them.
struct SectorBuffer {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    subscript(offset: Int) -> UInt8 {
        get { bytes[offset] }
        set { bytes[offset] = newValue }
    }

    /// Reads an integer of the result's width.
    func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value {
        (0..<Value.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Value(bytes[offset + $1]) }
    }

    mutating func set(_ value: some FixedWidthInteger, at offset: Int) {
        for index in 0..<value.bitWidth / 8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    }

    mutating func set(_ newBytes: some Collection<UInt8>, at offset: Int) {
        for (index, byte) in newBytes.enumerated() { bytes[offset + index] = byte }
    }

    func slice(at offset: Int, count: Int) -> [UInt8] { Array(bytes[offset..<offset + count]) }
}
