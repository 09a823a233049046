/// A GUID between its text and its 16 bytes on disk, the first three fields of which are little-endian (UEFI appendix A).
struct GUID: Hashable {
    static let byteCount = 16
    static let zero = GUID(diskBytes: Array(repeating: 0, count: byteCount))

    let diskBytes: [UInt8]

    /// Disk positions in the order in which the text names the bytes.
    private static let textOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

    init(diskBytes: [UInt8]) { self.diskBytes = diskBytes }

    init?(_ text: String) {
        guard text.wholeMatch(of: /[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/) != nil else { return nil }
        let digits = Array(text.filter { $0 != "-" })
        var bytes = Array(repeating: UInt8(0), count: Self.byteCount)
        for (index, position) in Self.textOrder.enumerated() {
            guard let byte = UInt8(String(digits[index * 2...index * 2 + 1]), radix: 16) else { return nil }
            bytes[position] = byte
        }
        diskBytes = bytes
    }

    /// Lower-case text.
    var text: String {
        let digits = Self.textOrder.map { hexadecimal(diskBytes[$0], digits: 2) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}

/// A number in lower-case hexadecimal with leading zeroes.
func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
