import Yams

/// The packages that one `package-installs.yaml` or `.json` of an element names, in the order of the file.
///
/// A package has nothing (installed in install.d), one set of properties, or a list of sets that count independently
/// (elements-inventory section 4.10). Properties that nobody reads are named in `warnings`.
package struct PackageInstallsFile: Hashable, Sendable {
    /// A package and its rules; at least one.
    package struct Entry: Hashable, Sendable {
        package let package: String
        package let rules: [PackageRule]
    }

    package private(set) var entries: [Entry] = []
    package private(set) var warnings: [String] = []

    /// Names of the files in an element's directory, in the order in which they are read.
    package static let fileNames = ["package-installs.json", "package-installs.yaml"]

    /// Parses a text; `name` is what messages call it.
    package init(parsing text: String, named name: String) throws(ElementError) {
        for (package, value) in try YAMLDocument.pairs(of: text, named: name) {
            let sets: [Node] = value.isEmptyOrFalse ? [] : value.sequence.map { Array($0) } ?? [value]
            var rules: [PackageRule] = []
            for set in sets { rules.append(try rule(set, for: package, in: name)) }
            entries.append(Entry(package: package, rules: rules.isEmpty ? [PackageRule()] : rules))
        }
    }

    private mutating func rule(_ node: Node, for package: String, in name: String) throws(ElementError) -> PackageRule {
        if node.isEmptyOrFalse { return PackageRule() }
        guard let mapping = node.mapping else {
            throw .cannotParse(name, reason: "package '\(package)' has no mapping of properties")
        }
        var rule = PackageRule()
        for (key, value) in mapping {
            let property = key.scalar?.string ?? ""
            do throws(InvalidValue) {
                if try !rule.set(property, to: value) {
                    warnings.append("'\(name)': package '\(package)' has the unknown property '\(property)'")
                }
            } catch {
                throw .cannotParse(name, reason: "package '\(package)' has no text as its property '\(property)'")
            }
        }
        return rule
    }
}

/// A property has a mapping or the like for its value.
private struct InvalidValue: Error {}

extension PackageRule {
    /// Takes one property; says whether it knows it.
    fileprivate mutating func set(_ property: String, to node: Node) throws(InvalidValue) -> Bool {
        switch property {
        case "phase": phase = try texts(node).first ?? phase
        case "installtype": installType = try texts(node).first
        case "arch": architectures = try list(node)
        case "not-arch": excludedArchitectures = try list(node)
        case "dib_python_version": pythonVersion = try texts(node).first { !$0.isEmpty }
        case "when": conditions = try texts(node)
        // Upstream takes mere presence for yes; 'uninstall: false' must not uninstall.
        case "uninstall": uninstalls = !node.isSaidNo
        case "build-only": isBuildOnly = !node.isSaidNo
        default: return false
        }
        return true
    }

    /// A comma list, or a YAML list, of words; blanks around them do not count, as upstream meant but does not do.
    private func list(_ node: Node) throws(InvalidValue) -> [String]? {
        let words = try texts(node).flatMap { $0.split(separator: ",") }.map(\.trimmed).filter { !$0.isEmpty }
        return words.isEmpty ? nil : words
    }

    /// One text, several, or none for null.
    private func texts(_ node: Node) throws(InvalidValue) -> [String] {
        if node.isNull { return [] }
        var texts: [String] = []
        for item in node.sequence.map({ Array($0) }) ?? [node] {
            guard let text = item.text else { throw InvalidValue() }
            texts.append(text)
        }
        return texts
    }
}
