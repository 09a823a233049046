/// A small terminal: what a person would see after the given bytes.
///
/// Knows what `LiveArea` may send and nothing else,
/// so that an unexpected sequence fails the test that sent it.
struct TerminalEmulator {
    private(set) var columns: Int
    /// Everything that is on the screen or has scrolled off it, oldest first.
    private var rows: [[Character]] = [[]]
    private var row = 0
    private var column = 0
    private(set) var unknown: [String] = []

    init(columns: Int) { self.columns = columns }

    /// The text, with blank lines at the end removed.
    var screen: String {
        var lines = rows.map { row in String(row).replacing(#/ +$/#, with: "") }
        while lines.last == "" { lines.removeLast() }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Makes the window narrower or wider; rows that no longer fit wrap, as most terminals do.
    mutating func resize(columns: Int) {
        var wrapped: [[Character]] = []
        for (index, line) in rows.enumerated() {
            if index == row { row = wrapped.count + max(0, column - 1) / columns }
            if line.isEmpty { wrapped.append([]) }
            for start in stride(from: 0, to: line.count, by: columns) {
                wrapped.append(Array(line[start..<min(line.count, start + columns)]))
            }
        }
        column = column % columns
        rows = wrapped
        self.columns = columns
    }

    mutating func feed(_ text: String) {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\n": newLine()
            case "\r": column = 0
            case "\u{1B}": sequence(&rest)
            default: put(Character(scalar))
            }
        }
    }

    private mutating func newLine() {
        row += 1
        column = 0
        if row == rows.count { rows.append([]) }
    }

    private mutating func put(_ character: Character) {
        if column == columns { newLine() }
        while rows[row].count <= column { rows[row].append(" ") }
        rows[row][column] = character
        column += 1
    }

    private mutating func sequence(_ rest: inout Substring.UnicodeScalarView) {
        var text = ""
        while let scalar = rest.popFirst() {
            text.unicodeScalars.append(scalar)
            if ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) { break }
        }
        if text == "[J" {
            rows.removeSubrange((row + 1)...)
            rows[row].removeSubrange(min(column, rows[row].count)...)
        } else if text.hasSuffix("A"), let count = Int(text.dropFirst().dropLast()) {
            row -= count
        } else if !text.hasSuffix("m") {
            unknown.append(text)
        }
    }
}
