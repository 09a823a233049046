package import SystemPackage

/// An executable of an element that runs in one phase of a build.
package struct Hook: Hashable, Sendable {
    package let phase: HookPhase
    package let fileName: String
    /// `ElementName.build` for a hook that the build itself added.
    package let element: ElementName
    package let path: FilePath

    package init(phase: HookPhase, fileName: String, element: ElementName, path: FilePath) {
        self.phase = phase
        self.fileName = fileName
        self.element = element
        self.path = path
    }
}

/// The hooks of a build as planned, by phase and in the order in which they run.
///
/// A plan only: hooks may add files to the staged directories, so what runs is read again (`HookListing`).
package struct HookSet: Hashable, Sendable {
    private let hooks: [HookPhase: [Hook]]

    package init(_ hooks: some Sequence<Hook>) {
        self.hooks = Dictionary(grouping: hooks, by: \.phase).mapValues { hooks in
            hooks.sorted { NumericNameOrder.precedes($0.fileName, $1.fileName) }
        }
    }

    package subscript(phase: HookPhase) -> [Hook] { hooks[phase] ?? [] }

    /// All hooks, phase after phase.
    package var all: [Hook] { HookPhase.allCases.flatMap { self[$0] } }

    package var count: Int { hooks.values.reduce(0) { $0 + $1.count } }
}
