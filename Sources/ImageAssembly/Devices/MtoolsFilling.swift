import BlockDevices
import Foundation
package import LinuxOS
import SystemPackage

/// Fills FAT filesystems with mtools, which work on a window of the image file.
package struct MtoolsFilling: OfflineFilling {
    private let runner: any CommandRunner

    package init(runner: any CommandRunner) { self.runner = runner }

    package func fill(_ filesystem: OfflineFilesystem) async throws {
        let tree = filesystem.tree
        let entries = try FileManager.default.contentsOfDirectory(atPath: tree.string).sorted()
        guard !entries.isEmpty else { return }
        try await runner.check(
            Command(
                "mcopy",
                ["-i", "\(filesystem.image)@@\(filesystem.window.offset)", "-s", "-m", "-Q"]
                    + entries.map { tree.appending($0).string } + ["::/"]))
    }
}
