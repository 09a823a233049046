/// A number of bytes; the one type for sizes and offsets in the package.
///
/// Text forms follow diskimage-builder's grammar (compat-blockdevice section 8): binary `KiB … TiB`, decimal
/// `KB … TB` and `K … T` (decimal!), `B` or nothing for bytes, an optional single space before the unit.
package struct ByteCount: Hashable, Comparable, Sendable, Codable {
    package var bytes: UInt64

    package init(_ bytes: UInt64) { self.bytes = bytes }

    package static func kibibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 10) }
    package static func mebibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 20) }
    package static func gibibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 30) }

    package static let zero = ByteCount(0)

    /// Whole KiB, rounded down.
    package var wholeKibibytes: UInt64 { bytes >> 10 }

    /// The smallest multiple of `unit` that is not smaller than this size.
    package func roundedUp(to unit: UInt64) -> ByteCount { ByteCount((bytes + unit - 1) / unit * unit) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
    package static func + (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.bytes + right.bytes) }

    /// Codable as a plain number, so that JSON plans read naturally.
    package init(from decoder: any Decoder) throws {
        bytes = try decoder.singleValueContainer().decode(UInt64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}

extension ByteCount: CustomStringConvertible {
    /// For people: `1.5 GiB`, `182848 KiB` shown as `178.6 MiB`, `512 B`.
    package var description: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var index = 0
        while value >= 1024, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        if index == 0 { return "\(bytes) B" }
        let tenths = UInt64((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[index])" : "\(tenths / 10).\(tenths % 10) \(units[index])"
    }
}
