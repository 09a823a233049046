/// The README of an element: reStructuredText with a title, an introduction, and sections.
///
/// Only what readers need is understood: titles underlined (and overlined) with one repeated mark.
package struct ElementReadme: Hashable, Sendable {
    /// A title with the lines below it.
    package struct Section: Hashable, Sendable {
        package let title: String
        package let lines: [String]
    }

    package static let fileName = "README.rst"
    /// The first is the title of the document with the introduction.
    package let sections: [Section]

    package init(parsing text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).trimmedEnd }
        var sections: [Section] = []
        var title = ""
        var body: [String] = []
        var index = 0
        while index < lines.count {
            if let found = Self.title(in: lines, at: index) {
                sections.append(Section(title: title, lines: Self.trimmed(body)))
                (title, body) = (found.text, [])
                index = found.next
            } else {
                body.append(lines[index])
                index += 1
            }
        }
        sections.append(Section(title: title, lines: Self.trimmed(body)))
        self.sections = sections.filter { !$0.title.isEmpty || !$0.lines.isEmpty }
    }

    /// What stands before the first title below the document's own.
    package var introduction: [String] { sections.first?.lines ?? [] }

    package subscript(section title: String) -> Section? { sections.dropFirst().first { $0.title == title } }

    /// The first sentence of the introduction, on one line.
    package var firstSentence: String? {
        let paragraph = introduction.prefix { !$0.isEmpty }.map(\.trimmed).joined(separator: " ")
        guard !paragraph.isEmpty else { return nil }
        let end = paragraph.firstRange(of: ". ")?.lowerBound ?? paragraph.endIndex
        return String(paragraph[..<end]).trimmed.withoutFullStop + "."
    }

    private static func title(in lines: [String], at index: Int) -> (text: String, next: Int)? {
        func line(_ offset: Int) -> String { lines.indices.contains(index + offset) ? lines[index + offset] : "" }
        // Of three marks the outer two are adornments; a table has one line of several runs.
        if isAdornment(line(0)), !line(1).isEmpty, line(2) == line(0) { return (line(1).trimmed, index + 3) }
        if !line(0).isEmpty, !line(0).hasPrefix(" "), isAdornment(line(1)), line(1).count >= line(0).count,
            !isAdornment(line(0)), index == 0 || line(-1).isEmpty
        {
            return (line(0).trimmed, index + 2)
        }
        return nil
    }

    private static func isAdornment(_ line: String) -> Bool {
        guard line.count >= 2, let mark = line.first, "=-~^\"'`#*+.:_".contains(mark) else { return false }
        return line.allSatisfy { $0 == mark } && line != "::" && line != ".."
    }

    private static func trimmed(_ lines: [String]) -> [String] {
        Array(lines.drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed())
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        guard let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[...last])
    }

    fileprivate var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
