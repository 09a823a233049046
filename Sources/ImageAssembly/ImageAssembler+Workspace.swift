import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Makes the directories of the build, on tmpfs if the plan says so, and registers their removal.
    func prepareWorkspace(_ stack: TeardownStack) async throws {
        let environment = Environment(plan.request.environment.dictionary)
        for directory in [
            plan.request.imageCache,
            environment.nonEmpty("DIB_LOCKFILES") ?? (environment["HOME"] ?? "/root") + "/.cache/dib/lockfiles",
        ] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        let parent = FilePath(plan.workspacePolicy.parentDirectory)
        let build = try await temporaryDirectory(in: parent, prefix: "dib_build.", stack)
        let image = try await temporaryDirectory(in: parent, prefix: "dib_image.", stack)
        workspace = BuildWorkspace(buildDirectory: build, imageDirectory: image)
        say("Building in \(build)")
        self.environment = plan.hookEnvironment(in: workspace, program: resources.programPaths)
        try addShims()
        if let standIns {
            say("This container allows no namespaces: hooks run by chroot alone, mounts are copies, no layers are kept")
            try standIns.prepare()
        }
        let mountPath = workspace.mountPath
        for path in [mountPath, workspace.hooksPath, workspace.blockDevicePath, workspace.statePath] {
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        }
        // mkdtemp made the parent 0700; the root of the image is for everyone.
        chmod(mountPath.string, 0o755)
        let probe = HostProbe(environment: environment)
        if let emulator = try probe.registerInterpreter(of: HostProbe.needs(of: plan)) {
            say("Programs of the image are run by \(emulator)")
        }
        try await prepareLayers(stack)
        await stack.push("release what is below '\(build)'") {
            try await Self.endStragglers()
            try Mount.unmountAll(below: build)
            await self.runExtraCommandsUnlessDone()
        }
    }

    private func temporaryDirectory(in parent: FilePath, prefix: String, _ stack: TeardownStack) async throws
        -> FilePath
    {
        let directory = try TemporaryDirectory.create(in: parent, prefix: prefix)
        await stack.push("remove '\(directory.path)'") { try directory.remove() }
        guard plan.workspacePolicy.usesTmpfs, Session.hasMounts else { return directory.path }
        let mount = Mount(source: "tmpfs", target: directory.path, type: "tmpfs", options: "mode=700")
        try mount.attach()
        await stack.push("unmount '\(directory.path)'") { try mount.detach() }
        return directory.path
    }

    /// `sudo` and its like for hooks on the host, where the host has none; in front of nothing that it has.
    ///
    /// In a user namespace the host's sudo does not work: it belongs to a root that is not there. Nor does it where hooks
    /// have no way to get rights (no_new_privs), and there mount has a stand-in too.
    func addShims() throws {
        let path = environment.common["PATH"] ?? ""
        let shims = resources.shims.string
        if let standIns {
            environment.set("INGOT_MOUNTS", standIns.state.string)
            environment.targetSearchPath = PhaseRunner.targetHooksPath.appending(StandInMounts.folderInside).string
            return environment.set("PATH", "\(standIns.programs):\(shims):\(path)")
        }
        if Session.isInUserNamespace { return environment.set("PATH", "\(shims):\(path)") }
        let hasSudo = path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/sudo")
        }
        guard hasSudo else { return environment.set("PATH", "\(path):\(shims)") }
        // The real one keeps no LD_PRELOAD, whatever it is asked: bootstraps would have the true time.
        if environment.common.nonEmpty(HookEnvironment.clockVariable) != nil, geteuid() == 0 {
            let folder = workspace.buildDirectory.appending("sudo").string
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/sudo", withDestinationPath: resources.shims.appending("sudo").string)
            environment.set("PATH", "\(folder):\(path)")
        }
    }

    /// Ends every process that hooks have left running: the build's process namespace holds no others.
    static func endStragglers() async throws {
        _ = try await onOwnThread("stragglers") { try Stragglers.end() }
    }
}
