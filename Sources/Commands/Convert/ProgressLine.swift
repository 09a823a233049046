import Basics
import Foundation

/// How far a command is, in one line of the terminal that standard error is; nothing where it is none.
struct ProgressLine {
    private let name: String
    private let write: (String) -> Void

    /// For tests: `write` gets what the terminal would.
    init(_ name: String, columns: Int, write: @escaping (String) -> Void) {
        let room = max(8, columns - 8)
        self.name = name.count > room ? "..." + name.suffix(room - 3) : name
        self.write = write
    }

    /// Of what is written, called `name`; nil if standard error is no terminal.
    init?(_ name: String) {
        let environment = Environment(ProcessInfo.processInfo.environment)
        guard let terminal = Terminal(descriptor: STDERR_FILENO, environment: environment) else { return nil }
        self.init(name, columns: terminal.size().columns) { FileHandle.standardError.write(Data($0.utf8)) }
    }

    /// Replaces what the line showed; returning to its start first needs no memory of it.
    func show(_ fraction: Double) {
        let percent = String(Int(fraction * 100))
        write("\r\(String(repeating: " ", count: max(0, 3 - percent.count)))\(percent)%  \(name)")
    }

    /// Leaves the line empty (ECMA-48, EL: erase to the end of the line).
    func erase() { write("\r\u{1B}[K") }
}
