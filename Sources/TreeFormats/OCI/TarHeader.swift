/// The header of a plain file in a tar archive (POSIX.1-1988 ustar), owned by root, dated 1970.
///
/// Sizes beyond the 11 octal digits are written in binary, as GNU tar, Go and libarchive do and read.
struct TarHeader {
    static let size = 512

    let name: String
    let size: UInt64

    /// Room for a header that is written later.
    static var placeholder: [UInt8] { [UInt8](repeating: 0, count: size) }

    var bytes: [UInt8] {
        var block = Self.placeholder
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put("00000000000", at: 136)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        let octal = String(size, radix: 8)
        if octal.utf8.count <= 11 {
            put(String(repeating: "0", count: 11 - octal.utf8.count) + octal, at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 { block[135 - index] = UInt8(truncatingIfNeeded: size >> UInt64(8 * index)) }
        }
        // The checksum counts itself as blanks.
        put("        ", at: 148)
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\u{0} ", at: 148)
        return block
    }
}
