import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Makes the fresh tree a place where programs run: resolvers, kernel file systems, generated environment.
    ///
    /// With layers, the tree is not there between hooks: it is prepared whenever one runs in it.
    func prepareTarget() throws {
        try writeInstallType()
        isResolverReplaced = true
        guard layers == nil else {
            layers?.isPrepared = true
            return
        }
        try ResolverConfiguration(root: workspace.mountPath).install()
        kernelFilesystems = try KernelFilesystems.attach(root: workspace.mountPath)
    }

    /// Contract 3.2, step 9: every phase from here on knows the default install type.
    func writeInstallType() throws {
        let directory = workspace.hooksPath.appending(EnvironmentScripts.directoryName)
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        let text = "export DIB_DEFAULT_INSTALLTYPE=${DIB_DEFAULT_INSTALLTYPE:-\"\(plan.request.installType)\"}\n"
        try text.write(
            toFile: directory.appending("11-dib-install-type.bash").string, atomically: true, encoding: .utf8)
    }

    /// Takes the tree out of use: no process in it, nothing mounted below it, under its new name.
    func releaseTarget() async throws {
        try await Self.endStragglers()
        try removeClock()
        if layers != nil { return try await releaseLayers() }
        try Mount.unmountAll(below: workspace.mountPath)
        try await endStandIns()
        try await runExtraCommands(isLast: false)
        rmdir(workspace.mountPath.appending("lost+found").string)
        guard rename(workspace.mountPath.string, workspace.builtPath.string) == 0 else {
            throw AssemblyError(
                .invalidState,
                "cannot rename '\(workspace.mountPath)' to '\(workspace.builtPath)': \(String(cString: strerror(errno)))"
            )
        }
    }

    /// What shifts the clock came with whoever entered the tree; it would count in the disk's size.
    private func removeClock() throws {
        guard let clock = plan.request.environment.nonEmpty(HookEnvironment.clockVariable) else { return }
        try ShiftedClock.remove(FilePath(clock), from: workspace.mountPath)
    }

    /// After the cleanup hooks: the image's own resolvers, no temporary files, empty logs, no kernel file systems.
    func tidyTarget() async throws {
        try await Self.endStragglers()
        if isResolverReplaced { try ResolverConfiguration(root: workspace.mountPath).restore() }
        try await TargetTidying(root: workspace.mountPath, runner: runner).run()
        try Mount.unmountAll(below: workspace.mountPath, keeping: disk?.mountTargets ?? [])
        try await endStandIns()
    }
}
