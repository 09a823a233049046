internal import Glibc

/// What a descriptor's terminal is like, if it is one.
package struct TerminalInfo: Hashable, Sendable {
    package let columns: Int
    package let rows: Int

    /// Nil if the descriptor is not a terminal.
    ///
    /// A terminal that does not know its size has 80 columns and 24 rows.
    package static func of(descriptor: Int32) -> TerminalInfo? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return TerminalInfo(columns: 80, rows: 24)
        }
        return TerminalInfo(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
