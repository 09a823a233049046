import LinuxOS
import SystemPackage

/// What the image is rid of at the end: temporary files and the traces of its making (compat-core section 7.5).
///
/// Done by findutils and coreutils, which take any file name; paths are resolved inside the tree first.
struct TargetTidying {
    let root: FilePath
    let runner: any CommandRunner

    func run() async throws {
        let confined = try ConfinedRoot(root)
        if let temporary = try? confined.resolve("/tmp") {
            try Mount.unmountAll(below: temporary)
            try await runner.check(Command("find", [temporary.string, "-xdev", "-mindepth", "1", "-delete"]))
        }
        if let logs = try? confined.resolve("/var/log") {
            let truncate = ["-exec", "truncate", "-s", "0", "--", "{}", "+"]
            try await runner.check(
                Command("find", [logs.string, "-xdev", "-type", "f", "-size", "+0"] + truncate))
        }
        if let home = try? confined.resolve("/root") {
            try await runner.check(
                Command("find", [home.string, "-xdev", "-type", "f", "-name", "*.log", "-delete"]))
        }
    }
}
