import Basics
import BlockDevices
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// The verbs of `dib-block-device`, on one build directory; each is one call of the program.
struct BlockDeviceTool {
    private let file: BlockDeviceParametersFile
    private let parameters: BlockDeviceParameters
    private let buildDirectory: FilePath
    private let states: BlockDeviceStates
    private let environment: Environment
    /// Gets lines for people; what a verb prints is its result.
    private let log: @Sendable (String) -> Void

    init(parametersAt path: FilePath, environment: Environment, log: @escaping @Sendable (String) -> Void) throws {
        do {
            file = try BlockDeviceParametersFile(yaml: String(contentsOfFile: path.string, encoding: .utf8))
        } catch {
            throw BlockDeviceError(.document, "Failed to open parameter YAML '\(path)': \(Self.reason(of: error))")
        }
        var parameters = file.parameters
        if let text = environment.nonEmpty("DIB_BLOCK_SIZE") {
            guard let size = UInt64(text) else {
                throw BlockDeviceError(.document, "DIB_BLOCK_SIZE '\(text)' is not a whole number of bytes")
            }
            parameters.sectorSize = size
        }
        parameters.offlineTypes = HostProbe.offlineTypes
        self.parameters = parameters
        guard let build = parameters.buildDirectory else {
            throw BlockDeviceError(.document, "'\(path)' has no 'build-dir'")
        }
        buildDirectory = FilePath(build)
        states = try BlockDeviceStates(buildDirectory: buildDirectory)
        self.environment = environment
        self.log = log
    }

    /// Checks the layout, down to its sizes if they are known, and writes it flattened.
    func initialise() throws {
        guard let path = file.configuration else {
            throw BlockDeviceError(.document, "the parameters have no 'config'")
        }
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw BlockDeviceError(
                .document, "cannot read block device configuration '\(path)': \(Self.reason(of: error))")
        }
        let configuration = try BlockDeviceConfiguration(yaml: text).merging(parameters)
        let graph = try BlockDeviceGraph(configuration, parameters: parameters)
        if parameters.imageSize != nil { _ = try layout(of: graph) }
        log("Wrote final block device config to [\(try states.write(configuration))]")
    }

    /// The answer to a question; nothing if it is not one of ours.
    func value(of symbol: String) throws -> String? {
        guard let symbol = BlockDeviceSymbol(rawValue: symbol) else {
            // Upstream's order: the state is opened before the symbol is looked at.
            _ = try states.stateDump()
            log("Invalid symbol [\(symbol)] for getval")
            return nil
        }
        guard !symbol.isOfDocument else { return try states.configuration().value(of: symbol) }
        return try BlockDeviceAnswers(states.stateDump()).value(of: symbol)
    }

    /// Makes the disk; it stays when the program ends.
    func create() async throws {
        if let left = try states.disk(), !left.isReleased {
            throw BlockDeviceError(
                .document, "the disk of '\(buildDirectory)' exists: run 'umount' and 'cleanup', or 'delete', first")
        }
        let graph = try BlockDeviceGraph(states.configuration(), parameters: parameters)
        try refuseUnlessPossible(graph)
        let layout = try layout(of: graph)
        let host = host()
        let activation = BlockDeviceActivation(host: host, say: log)
        do {
            let disk = try await activation.create(layout)
            do {
                try states.save(disk)
                try host.keepDevices()
            } catch {
                try? await activation.delete(disk)
                throw error
            }
        } catch {
            // As upstream, for whoever looks for the reason: the layout, and no device.
            try? states.describe(ActiveDisk(layout: layout))
            throw error
        }
    }

    func writeFstab() throws {
        _ = try states.stateDump()
        guard let disk = try states.disk() else { throw BlockDeviceError(.symbol, "State dump not found") }
        try states.writeFstab(disk.layout.fstab, tree: buildDirectory.appending("built"))
    }

    /// Unmounts and detaches; without a disk there is nothing to do, which is no error.
    func unmount() async throws {
        guard var disk = try states.disk() else { return log("there is no disk to unmount") }
        try await release(&disk)
    }

    /// Forgets the disk, and keeps its image files.
    func cleanUp() async throws {
        var disk = try existingDisk()
        try await release(&disk)
        await BlockDeviceActivation(host: host(), say: log).forget(disk)
        try states.remove()
    }

    /// Forgets the disk, and removes its image files.
    func delete() async throws {
        let disk = try existingDisk()
        try await BlockDeviceActivation(host: host(), say: log).delete(disk)
        try states.remove()
    }

    private func release(_ disk: inout ActiveDisk) async throws {
        guard !disk.isReleased else { return }
        try await BlockDeviceActivation(host: host(), say: log).release(&disk)
        try states.save(disk)
    }

    private func existingDisk() throws -> ActiveDisk {
        guard let disk = try states.disk() else { throw BlockDeviceError(.document, "Pickle file not found") }
        return disk
    }

    private func layout(of graph: BlockDeviceGraph) throws -> BlockDeviceLayout {
        var generator = SystemRandomNumberGenerator()
        return try BlockDeviceLayout(graph, using: &generator)
    }

    private func host() -> LoopDiskHost {
        let runner = SubprocessRunner()
        var tools = environment
        tools["PATH"] = HookEnvironment.searchPath(extending: tools["PATH"])
        tools["LC_ALL"] = "C"
        return LoopDiskHost(runner: runner, environment: tools, filling: FATFilling()) { line, tool in
            log("\(tool): \(line)")
        }
    }

    private func refuseUnlessPossible(_ graph: BlockDeviceGraph) throws {
        let needs = HostNeeds(disk: graph)
        let facts = HostProbe(environment: environment).facts(for: needs)
        let checks = HostCheck.checks(facts, needs).filter { $0.status == .missing }
        guard let first = checks.first else { return }
        throw PlanError(
            "this host cannot make the disk: " + checks.map { "\($0.title): \($0.detail)" }.joined(separator: "; "),
            hint: HostCheck.installCommand(for: checks, on: facts) ?? first.remedy)
    }

    private static func reason(of error: any Error) -> String {
        (error as? BlockDeviceError)?.description ?? (error as NSError).localizedDescription
    }
}
