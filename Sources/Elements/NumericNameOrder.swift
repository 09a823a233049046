/// The order of `LC_ALL=C sort -n`: by the number a name begins with, then by bytes.
///
/// So `00-z`, `open-x`, `9-a`, `010-d`, `10-a`, `100-c`: no number counts as 0, leading zeros count for nothing, a
/// leading `-` is a sign, and numbers may be of any length and have a fraction (GNU coreutils manual, "sort --numeric").
package enum NumericNameOrder {
    package static func precedes(_ left: String, _ right: String) -> Bool {
        let first = LeadingNumber(left)
        let second = LeadingNumber(right)
        if first != second { return first < second }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    package static func sorted(_ names: some Sequence<String>) -> [String] { names.sorted(by: precedes) }
}

/// A decimal number of any length, kept as its digits.
private struct LeadingNumber: Comparable {
    /// Without leading zeros.
    private let whole: [UInt8]
    /// Without trailing zeros.
    private let fraction: [UInt8]
    private let isNegative: Bool

    init(_ text: String) {
        var rest = Array(text.utf8)[...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == 10 }
        let hasSign = rest.first == UInt8(ascii: "-")
        if hasSign { rest = rest.dropFirst() }
        let digits = rest.prefix(while: Self.isDigit)
        whole = Array(digits.drop { $0 == UInt8(ascii: "0") })
        rest = rest.dropFirst(digits.count)
        var decimals: [UInt8] = []
        if rest.first == UInt8(ascii: ".") { decimals = Array(rest.dropFirst().prefix(while: Self.isDigit)) }
        while decimals.last == UInt8(ascii: "0") { decimals.removeLast() }
        fraction = decimals
        isNegative = hasSign && !(whole.isEmpty && fraction.isEmpty)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func < (left: LeadingNumber, right: LeadingNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerInSize(than: left) : left.isSmallerInSize(than: right)
    }

    private func isSmallerInSize(than other: LeadingNumber) -> Bool {
        if whole.count != other.whole.count { return whole.count < other.whole.count }
        if whole != other.whole { return whole.lexicographicallyPrecedes(other.whole) }
        return fraction.lexicographicallyPrecedes(other.fraction)
    }
}
