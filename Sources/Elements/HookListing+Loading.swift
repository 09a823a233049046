package import SystemPackage

extension HookListing {
    /// Reads the directory of a phase in the staged tree; nothing when the tree has none.
    package static func read(_ phase: HookPhase, stagedAt hooks: FilePath) throws(ElementError) -> HookListing? {
        let directory = hooks.appending(phase.directoryName)
        guard (try? directory.stat())?.type == .directory else { return nil }
        return HookListing(phase: phase, directory: directory, entries: try DirectoryEntry.entries(of: directory))
    }
}

extension EnvironmentScripts {
    /// The scripts of the staged tree, in order; none when it has no such directory.
    package static func read(stagedAt hooks: FilePath) throws(ElementError) -> [FilePath] {
        let directory = hooks.appending(directoryName)
        guard (try? directory.stat())?.type == .directory else { return [] }
        return paths(in: directory, entries: try DirectoryEntry.entries(of: directory))
    }
}
