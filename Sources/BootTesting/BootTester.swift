package import Basics
import DiskFormats
package import LinuxOS
import Synchronization
import SystemPackage

/// Boots an image under QEMU and demands a proof that only its guest can give.
///
/// A login prompt on a serial log proves nothing, nor does an exit status: the guest has to compute an answer to a question
/// that this run made up, on the root file system that this run marked. The image is only read; what is booted is a copy that
/// is removed afterwards.
package struct BootTester: Sendable {
    private let runner: any CommandRunner
    private let environment: Environment
    private let temporaryFolder: FilePath

    package init(runner: any CommandRunner, environment: Environment) {
        self.runner = runner
        self.environment = environment
        temporaryFolder = FilePath(environment.nonEmpty("TMPDIR") ?? "/var/tmp")
    }

    package func run(_ request: BootTestRequest) async throws -> BootTestReport {
        var generator = SystemRandomNumberGenerator()
        return try await run(request, using: &generator)
    }

    package func run(
        _ request: BootTestRequest, using generator: inout some RandomNumberGenerator
    ) async throws -> BootTestReport {
        let tools = ToolPath(environment)
        try tools.require(QemuMachine.program, package: "qemu-system-x86", for: "boot-test '\(request.image)'")
        let directory = try TemporaryDirectory.create(in: temporaryFolder, prefix: "ingot-boot-")
        do {
            let preparation = BootPreparation(
                request: request, folder: directory.path, runner: runner, tools: tools)
            var prepared = try await preparation.run(using: &generator)
            prepared.machine.accelerator = try await AcceleratorProbe(runner: runner).best(in: directory.path)
            let report = try await boot(request, prepared, in: directory.path)
            try directory.remove()
            return report
        } catch {
            try? directory.remove()
            throw error
        }
    }

    private func boot(
        _ request: BootTestRequest, _ prepared: BootPreparation.Result, in folder: FilePath
    ) async throws -> BootTestReport {
        let watch = Mutex(SerialWatch(proof: prepared.proof))
        let log = try SerialLog(folder.appending("serial.log"))
        let start = ContinuousClock.now
        let run = WatchedRun(runner: runner, command: prepared.machine.command(timeLimit: request.timeLimit))
        let ending = try await run.run(limit: request.timeLimit) { line, seconds in
            log.append(line)
            return watch.withLock { $0.feed(line, at: seconds) }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        let seen = watch.withLock { $0 }
        let failure = Self.failure(ending, seen, limit: request.timeLimit)
        let kept = try keptLog(request, failed: failure != nil, log: folder.appending("serial.log"))
        return BootTestReport(
            image: request.image.string, level: prepared.machine.disk == nil ? .ramdisk : request.level,
            firmware: prepared.proof.evidence.firmware, sectorSize: prepared.machine.sectorSize,
            accelerator: prepared.machine.accelerator,
            passed: failure == nil, failure: failure, milestones: seen.milestones,
            seconds: (seconds * 10).rounded() / 10, rootIsVerified: prepared.rootIsVerified,
            lastLines: failure == nil ? [] : seen.lastLines, log: kept?.string)
    }

    private static func failure(
        _ ending: WatchedRun.Ending<SerialWatch.Verdict>, _ seen: SerialWatch, limit: Duration
    ) -> String? {
        switch ending {
        case .decided(.passed): nil
        case .decided(.failed(let reason)): reason
        case .ended(let outcome): "the machine stopped before the proof (QEMU: \(outcome.status))"
        case .timedOut: "no proof within \(limit.components.seconds) s" + (seen.failure.map { ": \($0)" } ?? "")
        }
    }

    /// Copies the log out of the directory that is about to go.
    private func keptLog(_ request: BootTestRequest, failed: Bool, log: FilePath) throws -> FilePath? {
        guard failed || request.log != nil else { return nil }
        let name = request.image.lastComponent?.string ?? "image"
        let suffix = log.removingLastComponent().lastComponent?.string.suffix(6) ?? ""
        let target = request.log ?? temporaryFolder.appending("boot-test-\(name)-\(suffix).log")
        try RawImageCopy().write(from: log, to: target)
        return target
    }
}
