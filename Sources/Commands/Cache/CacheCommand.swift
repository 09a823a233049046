import ArgumentParser
import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import SystemPackage

/// `ingot cache`: what the layer store holds, and keeping it in order.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "List, show, prune or verify the layers that builds have kept.",
        subcommands: [List.self, Show.self, Prune.self, Verify.self])

    struct Location: ParsableArguments {
        @Option(name: .customLong("cache-dir"), help: "The store (default: INGOT_CACHE_DIR, or ~/.cache/ingot/layers).")
        var directory: String?

        var policy: CachePolicy {
            var policy = CachePolicy(
                environment: Environment(ProcessInfo.processInfo.environment), isOnByDefault: true)
            if let directory { policy.directory = directory }
            return policy
        }

        /// Fails if there is none.
        func store() throws -> LayerStore {
            guard let store = LayerStore(existing: policy.directory) else {
                throw PlanError(
                    "there are no layers in '\(policy.directory)'",
                    hint: "'ingot build' makes them; --cache-dir names another store")
            }
            return store
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One line for each layer, last used first.")
        @OptionGroup var location: Location
        @Flag(help: "As JSON, one object for each layer.") var json = false

        func run() throws {
            let store = try location.store()
            let manifests = store.manifests().map { (manifest: $0, use: store.lastUse(of: $0.name)) }
                .sorted { ($0.use, $0.manifest.created) > ($1.use, $1.manifest.created) }
            guard !json else { return try printJSON(manifests.map(\.manifest)) }
            for (manifest, use) in manifests {
                let size = ByteCount(manifest.contents.allocated).description.padding(to: 12)
                printOutput(
                    "\(manifest.identifier.prefix(12))  \(CacheText.time(use))  \(size)\(manifest.hook)"
                        + (manifest.impurity == nil ? "" : "  (impure)") + "\n")
            }
            let total = ByteCount(manifests.reduce(0) { $0 + $1.manifest.contents.allocated })
            printOutput("\(manifests.count) layers, \(total) of \(location.policy.budget)\n")
        }

        private func printJSON(_ manifests: [LayerManifest]) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for manifest in manifests {
                printOutput(String(decoding: try encoder.encode(manifest), as: UTF8.self) + "\n")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a layer was made of: every part of its key, and what was asked.")
        @OptionGroup var location: Location
        @Argument(help: "The beginning of a layer's identifier.") var layer: String

        func run() throws {
            let matches = try location.store().manifests().filter { $0.identifier.hasPrefix(layer) }
            guard let manifest = matches.first, matches.count == 1 else {
                throw PlanError(
                    matches.isEmpty
                        ? "no layer begins with '\(layer)'" : "\(matches.count) layers begin with '\(layer)'",
                    hint: "'ingot cache list' shows identifiers")
            }
            printOutput(CacheText.lines(manifest).map { $0 + "\n" }.joined())
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove layers until the store keeps within a size, the least recently used first.")
        @OptionGroup var location: Location
        @Option(help: "The size, as 5GiB or 0 (default: INGOT_CACHE_SIZE, or 20GiB).") var size: String?

        func run() async throws {
            let policy = location.policy
            let budget = try size.map { try ByteCount(parsing: $0) } ?? policy.budget
            let removed = try await location.store().prune(to: budget)
            let freed = ByteCount(removed.reduce(0) { $0 + $1.contents.allocated })
            printOutput("\(removed.count) layers removed, \(freed)\n")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every layer against its manifest; damaged ones are removed, to be built again.")
        @OptionGroup var location: Location

        func run() async throws {
            let (checked, damaged) = try await location.store().verify()
            for name in damaged { printOutput("damaged, removed: \(name)\n") }
            printOutput("\(checked) layers checked, \(damaged.count) damaged\n")
            if !damaged.isEmpty { throw ExitCode.failure }
        }
    }
}

/// Layers in words.
enum CacheText {
    static func lines(_ manifest: LayerManifest) -> [String] {
        var lines = [
            "layer    \(manifest.identifier)", "hook     \(manifest.hook)",
            "below    \(manifest.parent.isEmpty ? "nothing" : manifest.parent)", "made     \(time(manifest.created))",
            "took     \(DurationText.words(manifest.seconds))",
            "holds    \(manifest.contents.entryCount) entries, \(ByteCount(manifest.contents.allocated))",
        ]
        if let impurity = manifest.impurity { lines.append("impure   \(impurity)") }
        for mount in manifest.mounts { lines.append("mount    \(mount.text)") }
        lines += manifest.answers.map { "asked    \($0.question): \($0.digest.prefix(16))" }
        lines += manifest.key.components.map { "key      \($0.digest.prefix(16))  \($0.name)" }
        return lines
    }

    /// In universal time, as logs and images have it.
    static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    }
}
