import Basics

/// Something outside the image's own tree that hooks of an element read: one reason more to run them again (issue F).
///
/// Texts may have `${NAME}`, the value of a variable, and `${NAME:-text}`, the text where that is unset or empty.
package enum ElementInput: Hashable, Sendable {
    /// Packages of the distribution, by a package manager.
    case packages(PackageManager)
    /// A file or directory of the build host; none where the variables in it are empty.
    case file(String)
    /// Something small whose bytes say whether what is fetched has changed.
    case url(String)
    /// A repository, and the branch, tag or commit that is taken.
    case git(url: String, reference: String)

    /// Whose index says which packages an archive has.
    package enum PackageManager: String, CaseIterable, Hashable, Sendable, Codable {
        case apt, dnf, zypper, apk, emerge
    }

    /// The keys of `inputs` in the file.
    package enum Kind: String, CaseIterable, Sendable {
        case packages, file, url, git
    }

    package var kind: Kind {
        switch self {
        case .packages: .packages
        case .file: .file
        case .url: .url
        case .git: .git
        }
    }

    /// As after the key in the file.
    package var text: String {
        switch self {
        case .packages(let manager): manager.rawValue
        case .file(let text), .url(let text): text
        case .git(let url, let reference): reference.isEmpty ? url : "\(url) \(reference)"
        }
    }

    /// Takes what the file says of one input; nothing if it cannot be that.
    package init?(kind: Kind, text: String) {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        switch kind {
        case .packages:
            guard let manager = PackageManager(rawValue: text) else { return nil }
            self = .packages(manager)
        case .file: self = .file(text)
        case .url: self = .url(text)
        case .git:
            guard let url = words.first, words.count <= 2 else { return nil }
            self = .git(url: url, reference: words.count == 2 ? words[1] : "")
        }
        guard !text.isEmpty else { return nil }
    }
}

extension ElementInput: CustomStringConvertible {
    package var description: String { "\(kind.rawValue): \(text)" }
}

extension ElementInput: Codable {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.singleValueContainer().decode([String: String].self)
        guard let (key, text) = values.first, let kind = Kind(rawValue: key), let input = Self(kind: kind, text: text)
        else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no input of an element"))
        }
        self = input
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([kind.rawValue: text])
    }
}
