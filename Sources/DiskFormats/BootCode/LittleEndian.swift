/// Little-endian fields in a byte buffer: the order of MBR, GPT and everything a PC's boot code reads.
///
/// Callers have checked the length; an offset outside the buffer is a programming error.
extension [UInt8] {
    package func littleEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size)
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }

    package mutating func setLittleEndian(_ value: some FixedWidthInteger, at offset: Int) {
        var rest = value
        for index in 0..<(value.bitWidth / 8) {
            self[offset + index] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }
}
