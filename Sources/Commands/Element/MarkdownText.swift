/// Lines of reStructuredText, as READMEs of elements have it, as Markdown: paragraphs, lists, definitions, literal
/// blocks and simple tables.
struct MarkdownText {
    let text: String

    init(restructured lines: [String]) {
        var writer = Writer(lines: lines)
        writer.convert()
        text = writer.output.joined(separator: "\n").trimmingNewlines
    }

    private struct Writer {
        let lines: [String]
        var output: [String] = []
        private var index = 0

        init(lines: [String]) { self.lines = lines }

        mutating func convert() {
            while index < lines.count {
                let line = lines[index]
                if line.hasPrefix("=="), line.contains(" ") {
                    table()
                } else if isTerm(at: index) {
                    definition()
                } else {
                    index += 1
                    paragraph(line)
                }
            }
        }

        /// A line; one that ends in two colons has a literal block below it.
        private mutating func paragraph(_ line: String) {
            guard line.hasSuffix("::") else {
                output.append(Self.inline(line))
                return
            }
            let shown = line == "::" ? "" : Self.inline(String(line.dropLast()))
            if !shown.isEmpty { output.append(shown) }
            literal()
        }

        /// The indented lines that follow, without their common indentation.
        private mutating func literal() {
            while index < lines.count, lines[index].isEmpty { index += 1 }
            let block = indented()
            guard !block.isEmpty else { return }
            if output.last?.isEmpty == false { output.append("") }
            output += ["```"] + block + ["```", ""]
        }

        private mutating func indented() -> [String] {
            var block: [String] = []
            while index < lines.count, lines[index].isEmpty || lines[index].hasPrefix(" ") {
                block.append(lines[index])
                index += 1
            }
            while block.last?.isEmpty == true { block.removeLast() }
            let margin = block.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
            return block.map { String($0.dropFirst(margin)) }
        }

        /// A line with an indented one right below it.
        private func isTerm(at index: Int) -> Bool {
            guard index + 1 < lines.count else { return false }
            let (line, next) = (lines[index], lines[index + 1])
            return !line.isEmpty && !line.hasPrefix(" ") && !line.hasPrefix("*") && !line.hasPrefix("-")
                && !line.hasSuffix("::") && next.hasPrefix(" ")
                && (index == 0 || lines[index - 1].isEmpty || lines[index - 1].hasPrefix(" "))
        }

        private mutating func definition() {
            let term = Self.inline(lines[index])
            index += 1
            let body = indented().map(Self.inline).joined(separator: " ")
            output.append("- \(term): \(body)")
            if index < lines.count, !lines[index].isEmpty, !isTerm(at: index) { output.append("") }
        }

        /// A simple table: columns begin where the runs of `=` do.
        private mutating func table() {
            let starts = Self.columns(of: lines[index])
            index += 1
            var rows: [[String]] = []
            while index < lines.count, !lines[index].isEmpty {
                if !lines[index].hasPrefix("==") { rows.append(Self.cells(lines[index], at: starts)) }
                index += 1
            }
            guard let head = rows.first else { return }
            output.append("| \(head.joined(separator: " | ")) |")
            output.append("|" + String(repeating: "---|", count: head.count))
            output += rows.dropFirst().map { "| \($0.joined(separator: " | ")) |" }
        }

        private static func columns(of line: String) -> [Int] {
            let marks = Array(line)
            return marks.indices.filter { marks[$0] == "=" && ($0 == 0 || marks[$0 - 1] == " ") }
        }

        private static func cells(_ line: String, at starts: [Int]) -> [String] {
            starts.enumerated().map { column, start in
                let end = column + 1 < starts.count ? starts[column + 1] : Int.max
                let text = line.dropFirst(start).prefix(end - start)
                return inline(String(text)).replacing("|", with: "\\|").trimmingBlanks
            }
        }

        /// Two backquotes are one in Markdown.
        private static func inline(_ text: String) -> String { text.replacing("``", with: "`") }
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self[...]
        while text.first == "\n" { text = text.dropFirst() }
        while text.last == "\n" { text = text.dropLast() }
        return String(text)
    }

    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
