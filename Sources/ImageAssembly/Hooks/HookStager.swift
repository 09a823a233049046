import Elements
import Foundation
import LinuxOS
import SystemPackage

/// Copies the hooks of all elements into the one tree that hooks run from, as planned.
struct HookStager {
    let plan: StagingPlan
    let destination: FilePath
    let runner: any CommandRunner
    let say: @Sendable (String) -> Void

    func run() async throws {
        for directory in [destination] + plan.directories.map({ destination.appending($0) }) {
            try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        }
        // One `cp` for each directory of each element: entries with equal names never meet in one call.
        var elements: [ElementName] = []
        for copy in plan.copies where elements.last != copy.element { elements.append(copy.element) }
        for element in elements {
            say("Copying hooks for \(element)")
            let own = plan.copies.filter { $0.element == element }
            let groups = Dictionary(grouping: own) { FilePath($0.destination).removingLastComponent() }
            for (directory, copies) in groups.sorted(by: { $0.key.string < $1.key.string }) {
                try await copy(copies, into: destination.appending(directory.components))
            }
        }
    }

    private func copy(_ copies: [StagingPlan.Copy], into directory: FilePath) async throws {
        for copy in copies where directory != destination { say("Copying hooks \(copy.source)") }
        let sources = copies.map(\.source.string)
        // Without --remove-destination, cp would write through a link that an earlier element has put there.
        var options = ["-a", "--remove-destination", "-t", directory.string, "--"]
        // What belongs to nobody of this user namespace would be the image's `nobody`, wherever a hook copies it to.
        if Session.isInUserNamespace { options.insert("--no-preserve=ownership", at: 1) }
        try await runner.check(Command("cp", options + sources))
    }
}
