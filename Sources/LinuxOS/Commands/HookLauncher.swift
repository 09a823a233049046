internal import Basics
package import SystemPackage

/// Rewrites a command into one that this program starts in a different place: a pure function from command to command.
///
/// swift-subprocess has no hook between fork and exec, and Swift code cannot run there. So the rewritten command
/// re-executes this program under the name `ingot-hook`; a C constructor (`CLinux/hook.c`) enters the root, suppresses
/// the fsync family if asked to, resets signals and becomes the command in the same process. Status 127 means that
/// there is no such command, 126 that it cannot be run, 125 that the place cannot be entered.
package struct HookLauncher: Hashable, Sendable {
    /// The directory to chroot into; nil stays in the host's root.
    package var root: FilePath?
    /// Makes fsync, fdatasync, sync, syncfs, msync and sync_file_range succeed without effect.
    package var suppressesSync: Bool

    /// Shows the kernel's files in any chroot that the command makes, where they cannot be mounted.
    package var showsKernelFiles: Bool

    package init(root: FilePath? = nil, suppressesSync: Bool = true, showsKernelFiles: Bool = !Session.hasMounts) {
        self.root = root
        self.suppressesSync = suppressesSync
        self.showsKernelFiles = showsKernelFiles
    }

    /// The command, started by the launcher.
    ///
    /// Its `directory` is one inside the new root, `/` if it has none.
    package func command(_ command: Command) -> Command {
        var arguments: [String] = []
        if let root { arguments += ["--root", root.string] }
        if let directory = command.directory { arguments += ["--directory", directory.string] }
        if suppressesSync { arguments.append("--nosync") }
        if showsKernelFiles { arguments.append("--view") }
        var launched = command
        launched.executable = "/proc/self/exe"
        launched.calledAs = "ingot-hook"
        launched.arguments = arguments + ["--", command.executable] + command.arguments
        launched.directory = nil
        launched.shownAs = root.map { "chroot \($0.string.shellQuoted) \(words(of: command))" } ?? command.description
        return launched
    }

    private func words(of command: Command) -> String {
        let words = ([command.executable] + command.arguments).shellLine
        guard let directory = command.directory else { return words }
        return ["sh", "-c", "cd \(directory.string.shellQuoted) && \(words)"].shellLine
    }
}
