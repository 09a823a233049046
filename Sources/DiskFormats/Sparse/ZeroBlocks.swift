import Glibc

extension UnsafeRawBufferPointer {
    /// Whether every byte is zero; an empty buffer counts as zero.
    ///
    /// Compares the buffer with itself shifted by one byte: `memcmp` is vectorised in every build, and stops at the first
    /// difference, which in data that is not zero comes within the first bytes.
    package var isZero: Bool {
        guard let base = baseAddress, count > 0 else { return true }
        return base.load(as: UInt8.self) == 0 && memcmp(base, base + 1, count - 1) == 0
    }

    /// Whether both buffers are equal, byte by byte.
    package func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let one = baseAddress, let two = other.baseAddress else { return true }
        return memcmp(one, two, count) == 0
    }
}
