package import SystemPackage

/// What is in a staged phase directory now, and which of it runs in what order (compat-core section 4.2).
package struct HookListing: Hashable, Sendable {
    package let phase: HookPhase
    package let directory: FilePath
    package let entries: [DirectoryEntry]

    package init(phase: HookPhase, directory: FilePath, entries: [DirectoryEntry]) {
        self.phase = phase
        self.directory = directory
        self.entries = entries
    }

    /// The hooks to run, in order.
    package func hooks(matching rule: HookFileNameRule = .default, origins: HookOrigins = HookOrigins()) -> [Hook] {
        candidates.filter { rule.accepts($0.name) }
            .map { entry in
                Hook(
                    phase: phase, fileName: entry.name, element: origins.element(of: entry, in: phase.directoryName),
                    path: directory.appending(entry.name))
            }
            .sorted { NumericNameOrder.precedes($0.fileName, $1.fileName) }
    }

    /// Files that cannot be executed: named with tracing on, otherwise data.
    package var nonExecutableNames: [String] { entries.filter { $0.isFile && !$0.isExecutable }.map(\.name) }

    /// Executable files whose names the rule does not accept.
    package func nonConformingNames(_ rule: HookFileNameRule = .default) -> [String] {
        candidates.map(\.name).filter { !rule.accepts($0) }
    }

    private var candidates: [DirectoryEntry] { entries.filter { $0.isFile && $0.isExecutable } }
}

/// Bash files that are sourced before the hooks of each phase, from `environment.d` (compat-core section 4.3).
package enum EnvironmentScripts {
    package static let directoryName = "environment.d"

    /// Those to source, in order: by bytes of the whole path, so `10-b`, `100-c`, `9-a`, `foo.bash`.
    package static func paths(in directory: FilePath, entries: [DirectoryEntry]) -> [FilePath] {
        entries.filter { $0.isFile && $0.name.consists(ofAlphanumericsAnd: "_-.\\") }
            .map(\.name)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { directory.appending($0) }
    }
}
