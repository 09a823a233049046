/// Which checksum files are written beside each image: `NAME.TYPE.md5`, `NAME.TYPE.sha256`.
package struct ChecksumPolicy: Hashable, Sendable, Codable {
    package var md5: Bool
    package var sha256: Bool

    package static let none = ChecksumPolicy(md5: false, sha256: false)

    package init(md5: Bool, sha256: Bool) {
        self.md5 = md5
        self.sha256 = sha256
    }

    /// The meaning of `DIB_CHECKSUM`: empty or `0` is none, `1` is both, else a substring test (compat-core 7.7).
    package init(environmentValue text: String) {
        switch text {
        case "", "0": self = .none
        case "1": self.init(md5: true, sha256: true)
        default: self.init(md5: text.contains("md5"), sha256: text.contains("sha256"))
        }
    }

    package var isNone: Bool { self == .none }
}
