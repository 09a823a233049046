import Basics
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// What hooks mount in a build in which nothing can be mounted: copies, kept track of by the stand-ins for mount and
/// umount (`Resources/shims/chroot`).
struct StandInMounts {
    let programs: FilePath
    /// One directory for each mount that there is.
    let state: FilePath
    let runner: any CommandRunner

    /// Below the staged hooks inside the image.
    static let folderInside = ".stand-ins"

    func prepare() throws {
        try FileManager.default.createDirectory(atPath: state.string, withIntermediateDirectories: true)
    }

    /// Ends all of them, newest first: what is new in a copy goes to where it is from.
    ///
    /// Those made inside a tree have paths of that tree, and are ended there.
    func end(inside tree: FilePath? = nil) async throws {
        guard try !FileManager.default.contentsOfDirectory(atPath: state.string).isEmpty else { return }
        var program = programs.appending("umount")
        var environment = Environment(ProcessInfo.processInfo.environment)
        if let tree {
            program = FilePath(root: "/", program.components.dropFirst(tree.components.count))
            environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        } else {
            environment["INGOT_MOUNTS"] = state.string
        }
        let command = Command(program.string, ["--all-of-build"], environment: environment)
        try await runner.check(tree.map { HookLauncher(root: $0).command(command) } ?? command)
    }

    /// Directories and files of a tree that something lies over, as they are called inside.
    func targets(in tree: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: state.string).compactMap { number in
            let file = state.appending(number).appending("target")
            guard let target = try? String(contentsOfFile: file.string, encoding: .utf8),
                target.hasPrefix(tree.string + "/")
            else { return nil }
            return String(target.dropFirst(tree.string.count))
        }
    }

    /// Puts a copy of the staged hooks, with stand-ins of their own, where hooks inside the image look for them.
    ///
    /// `others` are what the build itself would have mounted.
    func layHooks(
        _ staged: FilePath, at target: FilePath, in tree: FilePath, others: [String]
    ) async throws -> StandInMounts {
        try await runner.check(Command("cp", ["-a", "-T", "--", staged.string, target.string]))
        let folder = target.appending(Self.folderInside)
        try await runner.check(Command("cp", ["-a", "-T", "--", programs.string, folder.string]))
        let inside = StandInMounts(programs: folder, state: folder.appending("mounts"), runner: runner)
        try inside.prepare()
        let text = try (targets(in: tree) + others).map { $0 + "\n" }.joined()
        try text.write(toFile: folder.appending("outer").string, atomically: false, encoding: .utf8)
        return inside
    }
}

extension ImageAssembler {
    /// Of hooks on the host; nothing in a build that can mount.
    var standIns: StandInMounts? {
        guard !Session.hasMounts else { return nil }
        return StandInMounts(
            programs: resources.chrootShims, state: workspace.buildDirectory.appending("mounts"), runner: runner)
    }

    /// Puts back what lies below all that hooks have mounted, and the tree's own `/dev`, where nothing is mounted.
    func endStandIns() async throws {
        try await standIns?.end()
        if !Session.hasMounts { try kernelFilesystems?.detach() }
        kernelFilesystems = nil
    }
}
