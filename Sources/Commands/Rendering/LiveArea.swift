/// The few lines at the bottom of a terminal that are drawn over and over.
///
/// Nothing of the terminal's state is changed (no hidden cursor, no raw mode, no other screen), so a build that is
/// killed leaves nothing to repair, and what has scrolled off stays in the scroll-back.
struct LiveArea {
    /// Widths of the lines on the screen now; they may have wrapped since, if the window became narrower.
    private var drawn: [Int] = []

    /// The text that replaces the area by `finished` lines, which stay, and the new area `live` below them.
    mutating func frame(finished: [StyledLine], live: [StyledLine], terminal: Terminal) -> String {
        let size = terminal.size()
        // The last column is left free: writing into it makes some terminals wrap at once, others at the next letter.
        let columns = max(1, size.columns - 1)
        let cut = live.prefix(max(1, size.rows - 2))
            .map { $0.truncated(columns: columns, ellipsis: terminal.hasUnicode ? "…" : "~") }
        var text = eraser(columns: size.columns)
        text += finished.map { $0.rendered(withColours: terminal.hasColours) + "\n" }.joined()
        text += cut.map { $0.rendered(withColours: terminal.hasColours) }.joined(separator: "\n")
        drawn = cut.map(\.width)
        return text
    }

    /// Moves to the first line of the area and clears to the end of the screen.
    private func eraser(columns: Int) -> String {
        guard !drawn.isEmpty else { return "" }
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
        return "\r" + (rows > 1 ? "\u{1B}[\(rows - 1)A" : "") + "\u{1B}[J"
    }
}
