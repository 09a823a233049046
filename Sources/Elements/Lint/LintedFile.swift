package import SystemPackage

/// A file of an element, as the lint rules see it.
package struct LintedFile: Hashable, Sendable {
    package let path: FilePath
    package let text: String
    package let isExecutable: Bool
    let lines: [Substring]
    /// Lines as the shell sees them: one that ends in a backslash goes on in the next.
    let logicalLines: [LogicalLine]

    package init(path: FilePath, text: String, isExecutable: Bool) {
        self.path = path
        self.text = text
        self.isExecutable = isExecutable
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        logicalLines = LogicalLine.joining(lines)
    }

    var name: String { path.lastComponent?.string ?? "" }

    /// The text after `#!` on the first line.
    package var interpreter: Substring? {
        guard text.hasPrefix("#!") else { return nil }
        return text.prefix { $0 != "\n" }.dropFirst(2)
    }

    package var isPython: Bool { interpreter?.contains("python") ?? false }

    package var isBash: Bool { interpreter?.contains("bash") ?? false }

    /// Documents, YAML and Python modules have rules of their own.
    var isProgramOrData: Bool { ![".rst", ".yaml", ".py"].contains { name.hasSuffix($0) } }

    /// Names of rules after `# dib-lint: disable=`.
    package var disabledRules: Set<String> {
        let mark = "# dib-lint: disable="
        return Set(
            lines.filter { $0.hasPrefix(mark) }.flatMap { $0.dropFirst(mark.count).split(separator: " ") }
                .map(String.init))
    }
}

/// A line with those that continue it.
struct LogicalLine: Hashable, Sendable {
    let number: Int
    /// Without the blanks before it.
    var text: String

    static func joining(_ lines: [Substring]) -> [LogicalLine] {
        var result: [LogicalLine] = []
        var isContinued = false
        for (index, line) in lines.enumerated() {
            let goesOn = line.utf8.last == UInt8(ascii: "\\")
            let text = (goesOn ? line.dropLast() : line).utf8.drop { $0 == 0x20 || $0 == 0x09 }
            if isContinued {
                result[result.count - 1].text += String(text) ?? ""
            } else {
                result.append(LogicalLine(number: index + 1, text: String(text) ?? ""))
            }
            isContinued = goesOn
        }
        return result
    }
}
