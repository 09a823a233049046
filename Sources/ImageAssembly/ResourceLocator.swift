import Foundation
package import ImagePlanning
package import SystemPackage

/// Finds `elements/` and `Resources/` at run time: they are files that users edit and that keep their execute bits.
///
/// Looked for in this order: `$INGOT_SHARE`, `../share/ingot` beside the executable's directory, the checkout above
/// `.build`.
package struct ResourceLocator: Sendable {
    /// The program itself, with links resolved.
    package let executable: FilePath
    package let elements: FilePath
    package let resources: FilePath

    package init?(share: String?) {
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        let executable = FilePath(target)
        var candidates: [FilePath] = []
        if let share, !share.isEmpty { candidates.append(FilePath(share)) }
        let directory = executable.removingLastComponent()
        candidates.append(directory.removingLastComponent().appending("share").appending("ingot"))
        candidates += Self.ancestors(of: directory)
        guard let root = candidates.first(where: Self.holdsResources) else { return nil }
        self.executable = executable
        elements = root.appending("elements")
        resources = root.appending("Resources")
    }

    /// The directory exported to hooks as `$_LIB`.
    package var library: FilePath { resources.appending("lib") }

    /// Programs put on the path of outside hooks where the host has none of that name.
    package var shims: FilePath { resources.appending("shims") }

    /// Those for a build that can mount nothing, in front of the host's own.
    package var chrootShims: FilePath { shims.appending("chroot") }

    /// Runs the host's Python with the modules of diskimage-builder that elements import.
    package var python: FilePath { shims.appending("dib-python") }

    /// The paths that hooks are told about.
    package var programPaths: HookEnvironment.ProgramPaths {
        .init(library: library.string, executable: executable.string, python: python.string)
    }

    private static func ancestors(of path: FilePath) -> [FilePath] {
        sequence(first: path) { $0.components.isEmpty ? nil : $0.removingLastComponent() }.map { $0 }
    }

    private static func holdsResources(_ root: FilePath) -> Bool {
        let marker = root.appending("Resources").appending("lib").appending("dib-run-parts").string
        return FileManager.default.fileExists(atPath: marker)
            && FileManager.default.fileExists(atPath: root.appending("elements").string)
    }
}
