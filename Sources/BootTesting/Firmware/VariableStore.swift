/// The memory of a UEFI firmware: the variables in its flash image, to which one can be added before a machine starts.
///
/// The format is EDK II's (`Guid/VariableFormat.h`, authenticated variables), all numbers little-endian:
/// ```
/// volume:   zeros(16) GUID(16) length(8) "_FVH" attributes(4) header length(2) …
/// store:    GUID(16) size(4) 5A FE …(6)                     at the volume's header length
/// variable: AA 55 state(1) 0 attributes(4) count(8) time(16) key(4) name size(4) data size(4) vendor(16) name data
/// ```
/// Variables follow one another at multiples of four; behind the last one the flash is erased (FF).
struct VariableStore: Sendable {
    private(set) var bytes: [UInt8]
    private let start: Int
    private let end: Int

    private static let header = 60
    private static let storeHeader = 28
    /// The store of authenticated variables is AAF32C78-947B-439A-A180-2E144EC37792.
    private static let authenticated: [UInt8] = [
        0x78, 0x2C, 0xF3, 0xAA, 0x7B, 0x94, 0x9A, 0x43, 0xA1, 0x80, 0x2E, 0x14, 0x4E, 0xC3, 0x77, 0x92,
    ]
    /// The vendor EFI_GLOBAL_VARIABLE is 8BE4DF61-93CA-11D2-AA0D-00E098032B8C.
    static let globalVendor: [UInt8] = [
        0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11, 0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C,
    ]

    /// Nil unless the bytes begin with a volume that holds such a store.
    init?(_ bytes: [UInt8]) {
        guard bytes.count > 64, Array(bytes[40..<44]) == Array("_FVH".utf8) else { return nil }
        let store = Int(bytes[48]) | Int(bytes[49]) << 8
        guard bytes.count >= store + Self.storeHeader,
            Array(bytes[store..<(store + 16)]) == Self.authenticated
        else { return nil }
        start = store + Self.storeHeader
        end = store + Int(Self.number(bytes, at: store + 16))
        guard end <= bytes.count, end > start else { return nil }
        self.bytes = bytes
    }

    /// Adds a non-volatile variable that firmware and system see, in place of one of the same name.
    ///
    /// False if there is no room.
    mutating func set(_ name: String, to data: [UInt8]) -> Bool {
        let encoded = (Array(name.utf16) + [0]).flatMap(\.littleEndianBytes)
        guard let free = endOfVariables(deleting: encoded) else { return false }
        // Non-volatile, boot services, run time.
        var record: [UInt8] = [0xAA, 0x55, 0x3F, 0, 7, 0, 0, 0] + [UInt8](repeating: 0, count: 8 + 16 + 4)
        record += UInt32(encoded.count).littleEndianBytes + UInt32(data.count).littleEndianBytes
        record += Self.globalVendor + encoded + data
        guard record.count <= end - free else { return false }
        bytes.replaceSubrange(free..<(free + record.count), with: record)
        return true
    }

    /// Walks the variables; one of this name loses the bit that makes it valid, as the firmware itself would do it.
    private mutating func endOfVariables(deleting name: [UInt8]) -> Int? {
        var position = (start + 3) & ~3
        while position + Self.header <= end, bytes[position] == 0xAA, bytes[position + 1] == 0x55 {
            let nameSize = Int(Self.number(bytes, at: position + 36))
            let dataSize = Int(Self.number(bytes, at: position + 40))
            let text = position + Self.header
            guard nameSize <= end - text, dataSize <= end - text - nameSize else { return nil }
            let vendor = Array(bytes[(position + 44)..<text])
            if vendor == Self.globalVendor, Array(bytes[text..<(text + nameSize)]) == name {
                bytes[position + 2] &= 0xFD
            }
            position = (text + nameSize + dataSize + 3) & ~3
        }
        return position
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
}

extension FixedWidthInteger {
    /// The bytes of the number, lowest first.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
