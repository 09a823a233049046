import Basics
import DiskFormats
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// `ingot prove`: builds an image several times under changed circumstances, and demands the same bytes.
struct ProveCommand {
    static let help = """
        Usage: ingot prove [--builds N] [--same WHAT,...] [--keep DIR] [OPTION]... ELEMENT...

        Builds an image N times from one lock, each time under another time of day, user and host name, umask, time zone,
        language, number of processors and temporary directory, and compares the SHA-256 of the outputs. If they
        differ, says which files do, and which hooks wrote them. Exit status 1 unless all are equal.
        The last of three or more builds makes its disk by loop devices, where there are any; its tree is compared. Without
        --builds, there are three builds then, else two.
        --same leaves out what need not be varied: user, host, umask, zone, language, place, processors, clock, backend.
        Takes the options of 'ingot build'; formats are raw and qcow2 unless -t says otherwise. Without --locked FILE, a
        lock is made first. docs/reproducible.md

        Examples:
            ingot prove debian-minimal vm
            ingot prove --builds 5 -t raw,qcow2 debian-minimal vm block-device-efi
            ingot prove --locked debian.lock.json --keep /var/tmp/proof debian-minimal vm

        """

    let environment: Environment
    private var count: Int?
    private var same: Set<Circumstance> = []
    private var folder: String?
    private var arguments: [String] = []

    /// Takes its own options out of the command line.
    init(_ words: [String], environment: Environment) throws(PlanError) {
        self.environment = environment
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first, ["--builds", "--keep", "--same"].contains(name) else {
                arguments.append(word)
                continue
            }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                throw PlanError("\(name) needs a value")
            }
            if name == "--keep" {
                folder = value
            } else if name == "--same" {
                same.formUnion(try Circumstance.list(value))
            } else if let number = Int(value), (2...100).contains(number) {
                count = number
            } else {
                throw PlanError("--builds needs a number from 2 to 100, not '\(value)'")
            }
        }
    }

    static func run(_ words: [String], environment: Environment) async -> Int32 {
        if words.contains("--help") || words.contains("-h") {
            printOutput(help)
            return 0
        }
        do {
            let command = try ProveCommand(words, environment: environment)
            return try await command.run()
        } catch let error as OptionParserError {
            error.messages.forEach(printError)
            return 1
        } catch {
            ErrorReport(error).print()
            return ErrorReport(error).status
        }
    }

    /// The request as 'ingot build' understands it: nothing is built of a bad one.
    private func request() throws -> BuildRequest {
        // An option that is given later replaces the formats.
        let outcome = try DiskImageOptions.interpret(
            ["-t", "raw,qcow2"] + arguments, program: "ingot prove", mode: .native, environment: environment,
            machine: HostProbe.machine)
        guard case .build(var request, _) = outcome else {
            throw PlanError("'ingot prove' builds images; ask 'ingot build' for what else it says")
        }
        try LockChecks.prepare(&request)
        if case .writes = request.fetching.kind {
            throw PlanError(
                "'ingot prove' makes a lock of its own", hint: "make one by 'ingot lock', and give it by --locked")
        }
        if !request.formats.contains(.tree(.tar)) { request.formats.append(.tree(.tar)) }
        try BuildPreparation(request).refuseUnlessPossible()
        return request
    }

    /// A proof renames and removes in its folder: nothing of somebody else's may be there.
    private func refuseUnlessEmpty() throws(PlanError) {
        guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder), !names.isEmpty
        else { return }
        throw PlanError("--keep: '\(folder)' is not empty", hint: "name a directory that is not there yet")
    }

    private func run() async throws -> Int32 {
        try refuseUnlessEmpty()
        let request = try request()
        let parent = FilePath(environment.nonEmpty("TMPDIR") ?? "/var/tmp")
        let scratch = folder == nil ? try TemporaryDirectory.create(in: parent, prefix: "ingot-prove.") : nil
        let place = scratch?.path ?? FilePath(folder ?? ".")
        try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
        let absolute = FilePath(URL(filePath: place.string).standardizedFileURL.path)
        let host = ProofHost(request: request, environment: environment)
        let constants = try await host.constants(asked: same, count: count)
        let series = ProofSeries(
            request: request, arguments: arguments, folder: absolute, environment: environment,
            count: count ?? (constants.holds(.backend) ? 2 : 3), constants: constants)
        let signals = try SignalStream.signals()
        let work = Task { try await series.run() }
        let watcher = Task { () -> Int32? in
            for await signal in signals {
                work.cancel()
                return signal
            }
            return nil
        }
        let result = await work.result
        watcher.cancel()
        try scratch?.remove()
        if let signal = await watcher.value {
            let report = ErrorReport(interruptedBy: signal)
            report.print()
            return report.status
        }
        return try result.get() ? 0 : 1
    }
}
