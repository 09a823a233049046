package import Basics
package import SystemPackage

/// A process to run, as a value: nothing happens until a `CommandRunner` gets it.
///
/// Prints as the line one would type.
package struct Command: Hashable, Sendable, CustomStringConvertible {
    /// What the process finds on its standard input.
    package enum StandardInput: Hashable, Sendable {
        case null
        /// The caller's own.
        case inherited
        case text(String)
        /// An open descriptor of the caller, which is closed here as soon as the process has it.
        case descriptor(Int32)
    }

    /// A name that is looked up in `PATH` of the command's environment, or a path.
    package var executable: String
    package var arguments: [String]
    /// The whole environment; nil passes on the caller's own.
    package var environment: Environment?
    package var directory: FilePath?
    package var standardInput: StandardInput
    /// argv[0], where it is not the executable: how this program tells its helpers apart.
    package var calledAs: String?
    /// The line to show instead of the command's own, for one that is a rewriting of another.
    package var shownAs: String?

    package init(
        _ executable: String, _ arguments: [String] = [], environment: Environment? = nil, directory: FilePath? = nil,
        standardInput: StandardInput = .null, calledAs: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.standardInput = standardInput
        self.calledAs = calledAs
    }

    /// The command as a line that can be pasted into a shell, its environment left out.
    package var description: String {
        if let shownAs { return shownAs }
        let words = ([executable] + arguments).shellLine
        guard let directory else { return words }
        return "cd \(directory.string.shellQuoted) && \(words)"
    }
}
