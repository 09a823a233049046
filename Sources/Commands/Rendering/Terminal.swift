import Basics
import Glibc
import LinuxOS

/// Columns and rows of a terminal.
struct TerminalSize: Equatable, Sendable {
    var columns: Int
    var rows: Int

    /// Assumed where the kernel knows none (a serial line).
    static let fallback = TerminalSize(columns: 80, rows: 24)
}

/// What the terminal of this process can show.
struct Terminal: Sendable {
    /// Asked before each drawing, so that a resized window is drawn right without a signal handler.
    let size: @Sendable () -> TerminalSize
    let hasColours: Bool
    let hasUnicode: Bool

    init(hasColours: Bool, hasUnicode: Bool, size: @escaping @Sendable () -> TerminalSize) {
        self.hasColours = hasColours
        self.hasUnicode = hasUnicode
        self.size = size
    }

    /// The terminal that standard output is; nil if it is none.
    init?(environment: Environment) { self.init(descriptor: STDOUT_FILENO, environment: environment) }

    /// The terminal behind a descriptor; nil if it is none, or one that cannot move its cursor.
    init?(descriptor: Int32, environment: Environment) {
        guard TerminalInfo.of(descriptor: descriptor) != nil, let kind = environment.nonEmpty("TERM"), kind != "dumb"
        else { return nil }
        // https://no-color.org: present and not empty, whatever the value.
        hasColours = environment.nonEmpty("NO_COLOR") == nil
        hasUnicode = Self.hasUnicode(environment)
        size = {
            TerminalInfo.of(descriptor: descriptor).map { TerminalSize(columns: $0.columns, rows: $0.rows) }
                ?? .fallback
        }
    }

    /// POSIX: LC_ALL beats LC_CTYPE beats LANG.
    static func hasUnicode(_ environment: Environment) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment.nonEmpty($0) }.first ?? "C"
        let name = locale.uppercased()
        return name.contains("UTF-8") || name.contains("UTF8")
    }
}
