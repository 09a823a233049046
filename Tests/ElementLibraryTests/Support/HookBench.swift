import Foundation
import SystemPackage
import TestSupport

/// A build that is not there, against which hooks run one at a time.
///
/// It has the directories and variables of the contract, tools that only write down how they were called, and a root made
/// of the builder's own programs. The root lives in a mount namespace of the call: the builder's `/usr` is the lower layer
/// of an overlay, so that what a hook writes lands in the scratch directory and nothing else is touched.
struct HookBench {
    let scratch: FilePath
    var environment: [String: String]

    var root: FilePath { scratch.appending("dib_build.x/mnt") }
    var hooks: FilePath { scratch.appending("dib_build.x/hooks") }
    var tools: FilePath { scratch.appending("tools") }
    var cache: FilePath { scratch.appending("cache") }
    private var upper: FilePath { scratch.appending("usr-upper") }

    /// Stages the named elements alone, not what they depend on.
    init(_ scratch: FilePath, elements: [String], environment extra: [String: String] = [:]) throws {
        self.scratch = scratch
        let build = scratch.appending("dib_build.x")
        let rows = elements.map { "\($0): \(Checkout.elements.appending($0))\n" }
        environment = [
            "ARCH": "amd64", "DIB_DEBUG_TRACE": "0", "DIB_IMAGE_CACHE": scratch.appending("cache").string,
            "DIB_OFFLINE": "",
            "DIB_INIT_SYSTEM": "systemd", "DIB_RELEASE": "bookworm", "DISTRO_NAME": "debian", "HOME": scratch.string,
            "IMAGE_ELEMENT": elements.joined(separator: " "), "IMAGE_ELEMENT_YAML": rows.joined(), "LC_ALL": "C",
            "IMAGE_NAME": scratch.appending("image").string, "TMP_BUILD_DIR": build.string,
            "TMP_HOOKS_PATH": build.appending("hooks").string, "TMP_MOUNT_PATH": build.appending("mnt").string,
            "TARGET_ROOT": build.appending("mnt").string, "_LIB": Checkout.resources.appending("lib").string,
            "INGOT": scratch.appending("tools/ingot").string,
        ]
        environment.merge(extra) { $1 }
        let manager = FileManager.default
        for directory in [
            hooks, root.appending("tmp"), root.appending("etc"), root.appending("boot"), tools, cache, upper,
        ] {
            try manager.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        }
        try place("root:x:0:0::/root:/bin/bash\n", at: "/etc/passwd")
        try place("root:x:0:\n", at: "/etc/group")
        for name in elements { try stage(LibraryElement(name: name)) }
    }

    private func stage(_ element: LibraryElement) throws {
        for file in element.files where file.contains("/") {
            let target = hooks.pushing(FilePath(file))
            try FileManager.default.createDirectory(
                atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: element.path.pushing(FilePath(file)).string, toPath: target.string)
        }
    }

    /// A tool that writes its name and arguments to the call log, and then runs `body` (shell).
    func fake(_ name: String, _ body: String = "") throws {
        let script = "#!/bin/bash\necho \"\(name) $*\" >> \(scratch.appending("calls"))\n\(body)\n"
        try write(script, to: tools.appending(name), mode: 0o755)
        let inside = "#!/bin/bash\necho \"\(name) $*\" >> /calls\n\(body)\n"
        try write(inside, to: upper.appending("local/bin/\(name)"), mode: 0o755)
    }

    /// How the fake tools were called so far, outside and then inside.
    var calls: [String] {
        [scratch.appending("calls"), root.appending("calls")]
            .compactMap { try? readText($0) }.joined().split(separator: "\n").map(String.init)
    }

    /// Runs a hook as phases outside the image do; `mounted` gives the root its programs meanwhile.
    func runOutside(_ hook: String, _ arguments: [String] = [], mounted: Bool = false) throws -> ToolResult {
        var variables = environment
        variables["PATH"] =
            "\(tools):\(Checkout.resources.appending("shims")):/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let command = [hooks.pushing(FilePath(hook)).string] + arguments
        guard mounted else {
            return try runTool(
                command[0], arguments, environment: variables, directory: scratch.string)
        }
        return try runTool(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "slave", "/bin/bash", "-c", Self.mountRoot + "cd /\nexec \"$@\"", "bench"]
                + mountArguments + command,
            environment: variables)
    }

    /// Runs a hook as phases in the image do: by its path below /tmp/in_target.d.
    func runInside(_ hook: String, _ arguments: [String] = []) throws -> ToolResult {
        try runInside(command: ["/tmp/in_target.d/\(hook)"] + arguments)
    }

    func runInside(command: [String]) throws -> ToolResult {
        var variables = environment
        variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables["HOME"] = "/root"
        variables["TARGET_ROOT"] = nil
        let enter = Self.mountRoot + "exec chroot \"$root\" \"$@\""
        return try runTool(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "slave", "/bin/bash", "-c", enter, "bench"] + mountArguments + command,
            environment: variables)
    }

    /// Text of a file of the root as hooks left it, `/usr` included.
    func rootText(_ path: String) throws -> String { try readText(rootPath(path)) }

    /// Where a path of the root is kept after a run.
    func rootPath(_ path: String) -> FilePath {
        path.hasPrefix("/usr/")
            ? upper.pushing(FilePath(String(path.dropFirst(5)))) : root.pushing(FilePath(String(path.dropFirst())))
    }

    func exists(_ path: String) -> Bool { access(rootPath(path).string, F_OK) == 0 }

    /// Puts a file into the root before a run.
    func place(_ text: String, at path: String, mode: Int = 0o644) throws {
        try write(text, to: rootPath(path), mode: mode)
    }

    private var mountArguments: [String] {
        [root.string, upper.string, scratch.appending("usr-work").string, hooks.string]
    }

    private static let mountRoot = """
        set -eu
        root=$1 upper=$2 work=$3 hooks=$4
        shift 4
        mkdir -p "$root"/{usr,dev,proc,root,etc/alternatives,tmp/in_target.d,var/lib/dpkg/info} "$work"
        for link in bin sbin lib lib64; do
            if [ -L "/$link" ]; then
                ln -sfn "usr/$link" "$root/$link"
            else
                mkdir -p "$root/$link"
                mount --bind "/$link" "$root/$link"
            fi
        done
        mount -t overlay overlay -o "lowerdir=/usr,upperdir=$upper,workdir=$work" "$root/usr"
        mount --bind /etc/alternatives "$root/etc/alternatives"
        mount --bind /dev "$root/dev"
        mount --bind /proc "$root/proc"
        mount --bind "$hooks" "$root/tmp/in_target.d"

        """
}
