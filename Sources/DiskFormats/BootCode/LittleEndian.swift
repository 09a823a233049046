/// Little-endian fields in a byte buffer: the order of MBR, GPT and everything a PC's boot code reads.
///
/// Callers have checked the length; an offset outside the buffer is a programming error.
extension [UInt8] {
    func littleEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        var value: Value = 0
        for index in stride(from: offset + MemoryLayout<Value>.size - 1, through: offset, by: -1) {
            value = value << 8 | Value(truncatingIfNeeded: self[index])
        }
        return value
    }

    mutating func setLittleEndian(_ value: some FixedWidthInteger, at offset: Int) {
        var rest = value
        for index in 0..<(value.bitWidth / 8) {
            self[offset + index] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }
}
