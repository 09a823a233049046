import Basics
import DiskFormats
import Fetching
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// The builds of one proof, one after another, and what they gave.
struct ProofSeries: Sendable {
    let request: BuildRequest
    let arguments: [String]
    let folder: FilePath
    let environment: Environment
    let count: Int
    let constants: Constants
    /// A build ends when it has taken its trees down: nothing of it may be killed before.
    private let runner = SubprocessRunner(grace: .seconds(120))
    private static let mostDifferences = 20

    init(
        request: BuildRequest, arguments: [String], folder: FilePath, environment: Environment, count: Int,
        constants: Constants
    ) {
        self.request = request
        self.arguments = arguments
        self.folder = folder
        self.environment = environment
        self.count = count
        self.constants = constants
    }

    /// Whether all builds gave the same bytes.
    func run() async throws -> Bool {
        let lock = try await lock()
        var first: [String: String] = [:]
        for number in 1...count {
            let change = Perturbation(number: number, of: count, constants: constants)
            try await build(change, lock: lock)
            let digests = try await digests(of: change)
            for (name, digest) in digests.sorted(by: { $0.key < $1.key }) { printOutput("  \(digest)  \(name)\n") }
            if number == 1 { first = digests }
            guard digests.allSatisfy({ first[$0.key] == $0.value }) else {
                try await explain(number, first, digests)
                return false
            }
            if number > 1 { try TreeRemoval.remove(home(number)) }
        }
        printOutput("\(count) builds, all equal\n")
        if let description = constants.description { printOutput("\(description)\n") }
        return true
    }

    private func home(_ number: Int) -> FilePath { folder.appending("build\(number)") }

    /// Where every build writes: the name of an image must not tell which build it is.
    private var outputs: FilePath { folder.appending("out") }

    private func lock() async throws -> String {
        if let path = request.fetching.lockToRead { return path }
        let path = folder.appending("lock.json").string
        printOutput("lock: what the builds have in common\n")
        // No images, and no options that are about them.
        let words =
            ["lock"] + FetchPolicy.withoutOptions(arguments) + [
                "--plain", "-o", outputs.appending("image").string, "--lock", path,
            ]
        try await start(
            words, Perturbation(number: 1, of: count, constants: constants), log: folder.appending("lock.log"))
        return path
    }

    private func build(_ change: Perturbation, lock: String) async throws {
        let place = home(change.number)
        try? TreeRemoval.remove(place)
        let environment = change.environment(of: environment, folder: place.string)
        for directory in [environment["TMPDIR"], environment["HOME"], place.string] {
            guard let directory, directory.hasPrefix(place.string) else { continue }
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        let locked = request.fetching.lockToRead == nil ? ["--locked", lock] : []
        let words =
            ["build"] + arguments + ["--plain", "-o", outputs.appending("image").string, "--offline"] + locked
            + ["-t", request.formats.map(\.name).joined(separator: ",")]
            + change.options(layers: folder.appending("layers").string)
        let date =
            try request.environment.nonEmpty("SOURCE_DATE_EPOCH").flatMap(Int.init)
            ?? BuildLock.read(lock).date.map(Int.init)
        let seconds = change.clockShift(now: Int(Date().timeIntervalSince1970), date: date)
        let clock = seconds == 0 ? nil : try ShiftedClock.create(seconds: seconds)
        defer { clock?.remove() }
        let shift = clock.map { Perturbation.words(ofShift: $0.seconds) }
        printOutput("build \(change.number): \(change.description(clock: shift))\n")
        try await start(words, change, clock: clock, log: place.appending("log"))
        guard rename(outputs.string, place.appending("out").string) == 0 else {
            throw SystemError("rename '\(outputs)'", Errno(rawValue: errno))
        }
    }

    private func start(
        _ words: [String], _ change: Perturbation, clock: ShiftedClock? = nil, log: FilePath
    ) async throws {
        try FileManager.default.createDirectory(atPath: outputs.string, withIntermediateDirectories: true)
        var environment = change.environment(of: self.environment, folder: home(change.number).string)
        environment["INGOT_STORE"] = request.fetching.directory
        if let clock {
            environment = clock.environment(environment)
            environment[HookEnvironment.clockVariable] = clock.path.string
        }
        if environment["PATH"] == nil { environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin" }
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let options = ["--logfile", log.string]
        let command = Command(
            "sh", ["-c", change.shell, "prove", program] + [words[0]] + options + words.dropFirst(),
            environment: environment)
        let outcome = try await runner.run(command) { _ in }
        guard outcome.status.isSuccess else {
            let text = (try? String(contentsOfFile: log.string, encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").suffix(20).map(String.init)
            (lines.isEmpty ? outcome.lastLines : lines).forEach { printError("  | \($0)") }
            throw AssemblyError(
                .toolFailed("ingot", status: outcome.status.shellStatus),
                "build \(change.number) of the proof failed (\(outcome.status))",
                lastLines: lines.isEmpty ? outcome.lastLines : lines)
        }
    }

    /// Of what is compared.
    ///
    /// Interruptible: a disk of some gigabytes takes longer than anyone waits who wants the proof to end.
    private func digests(of change: Perturbation) async throws -> [String: String] {
        let out = home(change.number).appending("out")
        let suffixes = request.formats.compactMap(\.fileSuffix).filter { !change.usesLoopDevices || $0 == "tar" }
        return try await interruptible("digests") { check in
            Dictionary(
                uniqueKeysWithValues: try suffixes.map { suffix in
                    let file = out.appending("image.\(suffix)")
                    return (suffix, try FileDigest.compute(of: file) { _ in try check() }.sha256)
                })
        }
    }

    private func explain(_ number: Int, _ first: [String: String], _ other: [String: String]) async throws {
        let names = other.keys.filter { first[$0] != other[$0] }.sorted()
        printOutput("builds 1 and \(number) differ: \(names.joined(separator: ", "))\n")
        guard names.contains("tar") else {
            return printOutput("their trees are equal: the disk, not a hook, makes the difference\n")
        }
        var trees: [FilePath] = []
        for build in [1, number] {
            let tree = folder.appending("tree\(build)")
            try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
            let archive = home(build).appending("out/image.tar").string
            try await runner.check(
                Command("tar", ["--extract", "--numeric-owner", "-p", "-f", archive, "-C", tree.string]))
            trees.append(tree)
        }
        let history = BuildHistory.read(beside: home(1).appending("out/image.tar").string)
        let differences = TreeDifferences(first: trees[0], second: trees[1], history: history)
        let found = try await interruptible("differences") { try differences.list(check: $0) }
        for difference in found.prefix(Self.mostDifferences) { printOutput("  \(difference.line)\n") }
        if found.count > Self.mostDifferences { printOutput("  and \(found.count - Self.mostDifferences) more\n") }
        if found.isEmpty { printOutput("  attributes, holes in files, or the order of entries\n") }
        for tree in trees { try TreeRemoval.remove(tree) }
    }
}
