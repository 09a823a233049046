package import Basics

/// Room that everybody may use in the root filesystem of the finished image, beside the tree.
package enum FreeSpace: Hashable, Sendable, Codable, CustomStringConvertible {
    case bytes(ByteCount)
    /// Of the filesystem's size, as `df` shows it.
    case percent(Double)
    /// A tenth, at least 64 MiB: what an image needs to boot, log and grow its root.
    case standard

    private static let standardLeast = ByteCount.mebibytes(64)

    /// `500MiB`, `1.5GiB` or `20%`; nothing for what is neither, or leaves nothing for a tree.
    package init?(parsing text: String) {
        if let share = RelativeSize(parsing: text) {
            guard (0...90).contains(share.percent) else { return nil }
            self = .percent(share.percent)
        } else {
            guard !text.isEmpty, let size = try? ByteCount(parsing: text), size.bytes < 1 << 50 else { return nil }
            self = .bytes(size)
        }
    }

    /// For a filesystem of this size.
    package func bytes(of size: ByteCount) -> UInt64 {
        switch self {
        case .bytes(let count): count.bytes
        case .percent(let percent): RelativeSize(percent: percent).share(of: size).bytes
        case .standard: max(Self.standardLeast.bytes, size.bytes / 10)
        }
    }

    package var description: String {
        switch self {
        case .bytes(let count): "\(count)"
        case .percent(let percent): percent == percent.rounded() ? "\(Int(percent)) %" : "\(percent) %"
        case .standard: "10 % (at least \(Self.standardLeast))"
        }
    }
}
