import Foundation
import SystemPackage

/// Whether the root phase has left a tree (compat-core section 3.2, step 7).
enum RootCheck {
    /// Entries that do not count: `lost+found…` and whatever ends in `tmp`, as upstream's pattern has it.
    static func isDeployed(_ root: FilePath) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: root.string)
            .contains { !$0.hasPrefix("lost+found") && !$0.hasSuffix("tmp") }
    }
}
