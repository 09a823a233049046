import ArgumentParser
import Basics
import ImageAssembly
import ImagePlanning

/// Reads the record that a build with layers has left beside its image.
private func history(of image: String) throws -> BuildHistory {
    guard let history = BuildHistory.read(beside: image) else {
        throw PlanError(
            "there is no record of a build beside '\(image)'",
            hint: "builds with layers leave it as NAME\(BuildHistory.suffix): 'ingot build', or INGOT_CACHE=1")
    }
    return history
}

/// `ingot blame`: which hooks have written a path of an image.
struct BlameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blame", abstract: "Say which hooks have written or removed a file of an image, the last one last."
    )
    @Argument(help: "An image that was built with layers.") var image: String
    @Argument(help: "A path in it; of a directory, all that is in it.") var path: String

    func run() throws {
        let writers = try history(of: image).writers(of: path)
        guard !writers.isEmpty else {
            throw PlanError(
                "no hook before the block-device phase has written '\(path)'",
                hint: "what hooks of later phases write on the disk is not recorded")
        }
        for (entry, written, removed) in writers {
            let rows = removed.map { ("removed", $0) } + written.map { ("wrote", $0) }
            for (act, path) in rows { printOutput("\(entry.name.padding(to: 44))\(act.padding(to: 9))/\(path)\n") }
        }
    }
}

/// What a report is about, one row each.
enum HistoryKind: String, ExpressibleByArgument, CaseIterable {
    case element, phase, hook, package
}

/// `ingot time`: what took how long.
struct TimeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "time", abstract: "Say how long the hooks of an image took, longest first.")
    @Argument(help: "An image that was built with layers.") var image: String
    @Option(help: "hook, element or phase.") var by = HistoryKind.hook

    func validate() throws {
        if by == .package { throw ValidationError("packages have no times of their own: --by hook, element or phase") }
    }

    func run() throws {
        let entries = try history(of: image).entries
        var seconds: [String: Double] = [:]
        for entry in entries { seconds[Self.name(entry, by), default: 0] += entry.seconds }
        for (name, time) in seconds.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            printOutput(DurationText.column(time, width: 10) + "  \(name)\n")
        }
        let reused = entries.filter(\.isReused).reduce(0) { $0 + $1.seconds }
        let total = entries.reduce(0) { $0 + $1.seconds }
        printOutput(DurationText.column(total, width: 10) + "  all")
        printOutput(reused > 0 ? ", of which \(DurationText.words(reused)) were saved by layers\n" : "\n")
    }

    static func name(_ entry: BuildHistory.Entry, _ kind: HistoryKind) -> String {
        switch kind {
        case .element: entry.element
        case .phase: entry.phase
        case .hook, .package: entry.name
        }
    }
}

/// `ingot size`: what takes the room.
struct SizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "size", abstract: "Say whose files take the room of an image, largest first.",
        discussion: "A file counts for the hook that wrote it last. Sizes of packages are those that dpkg states.")
    @Argument(help: "An image that was built with layers.") var image: String
    @Option(help: "element, hook, phase or package.") var by = HistoryKind.element

    func run() throws {
        let history = try history(of: image)
        var sizes: [String: UInt64] = [:]
        if by == .package {
            for package in history.packages { sizes["\(package.name) \(package.version)", default: 0] += package.size }
        } else {
            for (path, index) in history.owners {
                let entry = history.entries[index]
                sizes[TimeCommand.name(entry, by), default: 0] += entry.written[path] ?? 0
            }
        }
        for (name, size) in sizes.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            printOutput("\(ByteCount(size).description.padding(to: 12))\(name)\n")
        }
        printOutput("\(ByteCount(sizes.values.reduce(0, +)).description.padding(to: 12))all\n")
    }
}
