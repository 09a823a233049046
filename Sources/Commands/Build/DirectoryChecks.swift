import Basics
import Glibc
import ImagePlanning
import SystemPackage

/// Whether the places that a build writes to, and the manifest that it reads, are there: asked before the build, not after its last hook.
struct DirectoryChecks {
    let plan: BuildPlan

    var checks: [HostCheck] { [temporary, output] + log + occupied + manifest }

    private var temporary: HostCheck {
        let path = plan.workspacePolicy.parentDirectory
        return check("temporary directory", path, remedy: "set TMPDIR to a directory that can be written")
    }

    private var output: HostCheck {
        check("output directory", Self.parent(of: plan.imageName), remedy: "give -o a path in another directory")
    }

    private var log: [HostCheck] {
        guard let logfile = plan.request.logfile else { return [] }
        let remedy = "give --logfile a path in another directory"
        return [check("log directory", Self.parent(of: logfile), remedy: remedy)]
    }

    private static func parent(of path: String) -> String {
        let parent = FilePath(path).removingLastComponent().string
        return parent.isEmpty ? "." : parent
    }

    /// The manifest of an App Container image, which is read when the tree is finished.
    private var manifest: [HostCheck] {
        guard plan.request.formats.contains(.tree(.aci)),
            let path = plan.request.environment.nonEmpty("ACI_MANIFEST"), access(path, R_OK) != 0
        else { return [] }
        let reason = Errno(rawValue: errno)
        return [
            HostCheck(
                "manifest", .missing, "cannot read '\(path)': \(reason)",
                remedy: "set ACI_MANIFEST to the manifest's path")
        ]
    }

    /// Outputs whose name a directory has: a file cannot take its place.
    private var occupied: [HostCheck] {
        plan.outputs.filter { $0.format.fileSuffix != nil && Self.type(of: $0.path) == S_IFDIR }.map {
            HostCheck(
                "output", .missing, "'\($0.path)' is a directory", remedy: "give -o another name, or move the directory"
            )
        }
    }

    private func check(_ title: String, _ path: String, remedy: String) -> HostCheck {
        guard let type = Self.type(of: path) else {
            let code = Errno(rawValue: errno)
            guard code == .noSuchFileOrDirectory else {
                return HostCheck(title, .missing, "'\(path)' cannot be used: \(code)", remedy: remedy)
            }
            return HostCheck(
                title, .missing, "'\(path)' does not exist", remedy: "mkdir -p \(path.shellQuoted), or \(remedy)")
        }
        guard type == S_IFDIR else { return HostCheck(title, .missing, "'\(path)' is no directory", remedy: remedy) }
        guard access(path, W_OK) == 0 else {
            return HostCheck(
                title, .missing, "'\(path)' cannot be written: \(Errno(rawValue: errno))", remedy: remedy)
        }
        return HostCheck(title, .ok, "'\(path)' can be written")
    }

    /// The kind of file; nil, and `errno`, if there is none.
    private static func type(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
