/// What the text of a script gives away about what it reads: names of variables, and paths in the staged tree.
///
/// A name can only be looked up by who writes it down, whole or in two pieces; the rules here err on the side of
/// reading. A program that is no text may read anything.
package struct HookText: Hashable, Sendable {
    /// Nothing for what is not text.
    private let text: String?
    private let words: Set<Substring>
    /// Words that end or begin with `_`: parts of names that are put together, as in `compgen -e DIB_INSTALLTYPE_`.
    private let heads: [Substring]
    private let tails: [Substring]

    package init(bytes: [UInt8]) {
        let isText = !bytes.contains(0) && bytes.count <= 1 << 20
        let text = isText ? String(decoding: bytes, as: UTF8.self) : nil
        self.text = text
        let all = (text ?? "").split { !($0.isASCII && ($0.isLetter || $0.isNumber)) && $0 != "_" }
        words = Set(all)
        heads = words.filter { $0.hasSuffix("_") && $0.count > 1 }
        tails = words.filter { $0.hasPrefix("_") && $0.count > 2 }
    }

    package init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// Whether it may read anything at all, for all that can be seen.
    package var isOpaque: Bool { text == nil }

    /// Whether it looks at variables without naming them.
    package var readsEveryVariable: Bool {
        guard let text else { return true }
        if !words.isDisjoint(with: ["printenv", "environ", "ENVIRON"]) { return true }
        return text.contains(/(declare|typeset|export)\s+-[a-z]*[px]\b\s*($|[|>;)&])|compgen\s+-[ev]\s*($|[|>;)])/)
            || text.contains(/(^|[;&|(]|\s)env(\s+-[0uvi]+)*\s*($|[|>;)])/.anchorsMatchLineEndings())
    }

    /// Whether a variable is named, or part of its name is.
    package func names(_ variable: String) -> Bool {
        guard text != nil else { return true }
        return words.contains(Substring(variable)) || heads.contains { variable.hasPrefix($0) }
            || tails.contains { variable.hasSuffix($0) }
    }

    package func contains(_ part: String) -> Bool { text?.contains(part) ?? true }

    /// Whether it finds its way to files beside itself, or to the staged tree.
    package var seesStagedTree: Bool {
        guard let text else { return true }
        if ["TMP_HOOKS_PATH", "in_target.d", "BASH_SOURCE", "__file__", "argv[0]"].contains(where: text.contains) {
            return true
        }
        return text.contains(
            /dirname\s+(--\s+)?["']?\$\{?0|\$\{0%|\$\{?0\}?["']?\/|realpath\s+["']?\$0|readlink[^\n]*\$0/)
    }

    /// Whether it goes through the elements' own directories.
    package var seesElements: Bool {
        ["IMAGE_ELEMENT_YAML", "get_image_element_array", "ELEMENTS_PATH"].contains(where: contains)
            || readsElementData
    }

    /// Whether it has the program go through them, which reads the files that `dataNames` lists.
    package var readsElementData: Bool {
        contains("element-data") || contains("package-installs-squash") || contains("svc-map-squash")
    }

    /// What `ingot element-data` reads of each element.
    package static let dataNames: Set<String> = [
        "package-installs.yaml", "package-installs.json", "pkg-map", "svc-map",
    ]

    /// How a name of the tree's first level is used: not at all, as a whole, or only some paths below it.
    package enum Mention: Hashable, Sendable {
        case none
        case paths(Set<String>)
        case whole
    }

    /// Looks for `name`, and for what literally follows it: `bin/refresh` is one file, `bin` or `bin/*` all of them.
    ///
    /// Paths of the host and of the image (`/usr/bin/env`, `$TARGET_ROOT/usr/bin`) are none of the tree.
    package func mention(of name: String) -> Mention {
        guard let text else { return .whole }
        var paths: Set<String> = []
        for range in text.ranges(of: name) {
            guard !(text[..<range.lowerBound].last?.isNameCharacter ?? false), !leadsElsewhere(range.lowerBound) else {
                continue
            }
            let rest = text[range.upperBound...]
            guard rest.first?.isNameCharacter != true else { continue }
            let tail = rest.prefix { $0.isNameCharacter || $0 == "/" }
            let end = text[tail.endIndex...].first
            let isDirect = !tail.split(separator: "/").contains { $0 == "." || $0 == ".." }
            let isLiteral = tail.count > 1 && tail.hasPrefix("/") && !tail.hasSuffix("/") && isDirect
            guard isLiteral, end.map({ !"$*?[{".contains($0) }) ?? true else { return .whole }
            paths.insert(name + tail)
        }
        return paths.isEmpty ? .none : .paths(paths)
    }

    /// Whether the path that a name is a part of begins at the root of the host, or in the image.
    private func leadsElsewhere(_ index: String.Index) -> Bool {
        guard let text, text[..<index].hasSuffix("/") else { return false }
        let path = text[..<index].reversed().prefix { $0.isNameCharacter || $0 == "/" }
        let start = text.index(index, offsetBy: -path.count)
        if text[start..<index].contains("in_target.d/") { return false }
        let before = text[..<start]
        for variable in ["TARGET_ROOT", "TMP_MOUNT_PATH"] {
            if text[start..<index].hasPrefix(variable) { return true }
            if before.hasSuffix(variable + "\"") || before.hasSuffix(variable + "}") { return true }
            if before.hasSuffix(variable + "}\"") { return true }
        }
        guard text[start] == "/" else { return false }
        let opening = before.last.map { "\"'".contains($0) } ?? false ? before.dropLast() : before
        return opening.last.map { $0.isWhitespace || "=:(!<>".contains($0) } ?? true
    }

    /// Whether a word of the text is the name of a program.
    package func calls(_ program: String) -> Bool {
        if case .none = mention(of: program) { return false }
        return true
    }
}

extension Character {
    fileprivate var isNameCharacter: Bool { isASCII && (isLetter || isNumber || "_.-+".contains(self)) }
}
