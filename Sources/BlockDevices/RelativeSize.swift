package import Basics

/// A share of what is left, such as `40%`.
///
/// "Left" is the space that is still free when the partition's turn comes, so `33%`, `50%`, `100%` are three equal
/// thirds. More than 100 is not refused here but by the layout, where it does not fit.
package struct RelativeSize: Hashable, Sendable, Codable {
    package let percent: Double

    package init(percent: Double) { self.percent = percent }

    /// Parses a text that ends in `%`; nothing if it is no such text.
    package init?(parsing text: String) {
        guard text.hasSuffix("%") else { return nil }
        let number = text.dropLast().drop { $0 == " " }
        let trimmed = String(number.reversed().drop { $0 == " " }.reversed())
        guard trimmed.wholeMatch(of: /[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/) != nil,
            let value = Double(Self.completed(trimmed)), value.isFinite
        else { return nil }
        percent = value
    }

    /// `.5` and `5.` with the digits that Swift's number parser wants.
    private static func completed(_ text: String) -> String {
        text.replacing(/^([-+]?)\./) { "\($0.1)0." }.replacing(/\.($|[eE])/) { ".0\($0.1)" }
    }

    package func share(of available: ByteCount) -> ByteCount {
        let bytes = Double(available.bytes) * percent / 100
        guard bytes > 0 else { return .zero }
        return bytes < 9e18 ? ByteCount(UInt64(bytes)) : ByteCount(UInt64.max / 2)
    }
}

/// The size of a partition as the document states it.
package enum PartitionSize: Hashable, Sendable, Codable {
    case absolute(ByteCount)
    case relative(RelativeSize)

    package func bytes(of available: ByteCount) -> ByteCount {
        switch self {
        case .absolute(let size): size
        case .relative(let share): share.share(of: available)
        }
    }
}
