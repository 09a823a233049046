package import Basics
import SystemPackage

extension HookEnvironment {
    /// Where the program's own files are, as paths that hooks may use.
    package struct ProgramPaths: Hashable, Sendable {
        /// The directory exported as `$_LIB`.
        package let library: String
        /// The program itself: our elements call it as `$INGOT`.
        package let executable: String
        /// The default of `DIB_PYTHON_EXEC`: elements start it, as root, for Python programs outside the image.
        package let python: String

        package init(library: String, executable: String, python: String) {
            self.library = library
            self.executable = executable
            self.python = python
        }
    }

    /// The variables that a request and its elements give to every hook, before any phase has run.
    ///
    /// `exports` are those made of the element graph: `IMAGE_ELEMENT` and its companions.
    package init(
        request: BuildRequest, exports: Environment, workspace: BuildWorkspace, program: ProgramPaths
    ) {
        var common = request.clearsEnvironment ? Self.kept(of: request.environment) : request.environment
        if let clock = request.environment.nonEmpty(Self.clockVariable) {
            common[Self.clockVariable] = clock
            common["LD_PRELOAD"] = request.environment["LD_PRELOAD"] ?? clock
        }
        common["_LIB"] = program.library
        common["DIB_PYTHON_EXEC"] = common.nonEmpty("DIB_PYTHON_EXEC") ?? program.python
        common["DIB_ARGS"] = request.argumentText
        common["DIB_ENV"] = Self.declarations(in: common)
        common["LC_ALL"] = "C"
        common["PATH"] = Self.searchPath(extending: common["PATH"])
        common["INGOT"] = program.executable
        Self.addOptions(of: request, to: &common)
        common.merge(exports)
        Self.addPaths(of: workspace, to: &common)
        common["PS4"] = "+ $(_ps4):   "
        common["BASH_FUNC_die%%"] = "() { local status=$?; echo \"$@\"; [ $status -ne 0 ] || status=1; exit $status; }"
        common["BASH_FUNC__ps4%%"] =
            "() { local place; place=\"${BASH_SOURCE[1]##*/}:${FUNCNAME[1]:-main}:${BASH_LINENO[0]}\";"
            + " printf '%-80s ' \"$place\"; }"
        self.init(common: common, mountPath: workspace.mountPath.string)
    }

    private static func addOptions(of request: BuildRequest, to common: inout Environment) {
        common["ARCH"] = request.architecture.name
        common["IMAGE_NAME"] = request.imageName
        common["IMAGE_TYPE"] = common.nonEmpty("IMAGE_TYPE") ?? "qcow2"
        common["FS_TYPE"] = request.filesystemType
        common["DIB_DEBUG_TRACE"] = String(request.traceLevel)
        common["DIB_CHECKSUM"] = common.nonEmpty("DIB_CHECKSUM") ?? (request.checksum.isNone ? "0" : "1")
        common["DIB_IMAGE_CACHE"] = request.imageCache
        common["DIB_LOCKFILES"] =
            common.nonEmpty("DIB_LOCKFILES") ?? (common["HOME"] ?? "/root") + "/.cache/dib/lockfiles"
        common["DIB_MIN_TMPFS"] = String(request.minTmpfs)
        common["DIB_NO_TMPFS"] = request.usesTmpfs ? "0" : "1"
        common["DIB_OFFLINE"] = request.isOffline ? "1" : ""
        common["ELEMENTS_PATH"] = request.elementsPath.joined(separator: ":")
        common["DIB_IMAGE_SIZE"] = request.imageSize
        common["DIB_IMAGE_EXTRA_SIZE"] = request.imageExtraSize
        common["DIB_JOURNAL_SIZE"] = request.journalSize
        common["MAX_ONLINE_RESIZE"] = request.maxOnlineResize
        if request.skipBase { common["SKIP_BASE"] = "1" }
        if request.clearsEnvironment { common["CLEAR_ENV"] = "1" }
        if !request.compresses { common["COMPRESS_IMAGE"] = "" }
        if let target = request.dockerTarget { common["DOCKER_TARGET"] = target }
        if let logfile = request.logfile { common["LOGFILE"] = logfile }
    }

    private static func addPaths(of workspace: BuildWorkspace, to common: inout Environment) {
        common["TMP_BUILD_DIR"] = workspace.buildDirectory.string
        common["TMP_IMAGE_DIR"] = workspace.imageDirectory.string
        common["TMP_HOOKS_PATH"] = workspace.hooksPath.string
        common["TMP_MOUNT_PATH"] = workspace.mountPath.string
        common["OUT_IMAGE_PATH"] = ""
        common["DIB_BLOCK_DEVICE_PARAMS_YAML"] = workspace.parametersPath.string
    }

    /// `-c`: everything goes but what a program needs to work at all and to reach the network (wart 13.2, mended).
    private static func kept(of environment: Environment) -> Environment {
        let names: Set<String> = [
            "HOME", "PATH", "TERM", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "TMP_DIR", "PWD",
        ]
        return environment.filter { name, _ in names.contains(name) || name.lowercased().hasSuffix("_proxy") }
    }

    /// The caller's search path with the administrator's directories appended where they are missing.
    package static func searchPath(extending path: String?) -> String {
        var result = path.flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/bin:/bin"
        for directory in ["/usr/local/sbin", "/usr/sbin", "/sbin"]
        where !result.split(separator: ":").contains(Substring(directory)) {
            result += ":" + directory
        }
        return result
    }

    /// `DIB_ENV`: what bash's `declare -p` prints for every variable whose name starts with `DIB_`.
    private static func declarations(in environment: Environment) -> String {
        environment.names.filter { $0.hasPrefix("DIB_") && $0 != "DIB_ENV" && isShellName($0) }
            .map { "declare -x \($0)=\(declared(environment[$0] ?? ""))" }
            .joined(separator: "\n")
    }

    /// Bash keeps entries of other names, but has no variable for them.
    private static func isShellName(_ name: String) -> Bool {
        name.utf8.allSatisfy { UInt8(ascii: "_") == $0 || Character(Unicode.Scalar($0)).isShellLetter }
    }

    /// The value in bash's two spellings: `"…"`, and `$'…'` where a control character is in it.
    private static func declared(_ value: String) -> String {
        // By scalars: a quote with a combining accent is one character to Swift, but still a quote to bash.
        let scalars = value.unicodeScalars
        guard scalars.contains(where: \.isControl) else {
            return "\"" + scalars.map { "\\\"$`".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
        }
        return "$'" + scalars.map(\.ansiEscaped).joined() + "'"
    }
}

extension Character {
    fileprivate var isShellLetter: Bool { isASCII && (isLetter || isNumber) }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { value < 0x20 || value == 0x7F }

    /// As between `$'` and `'`.
    fileprivate var ansiEscaped: String {
        switch self {
        case "\u{7}": "\\a"
        case "\u{8}": "\\b"
        case "\t": "\\t"
        case "\n": "\\n"
        case "\u{B}": "\\v"
        case "\u{C}": "\\f"
        case "\r": "\\r"
        case "\u{1B}": "\\E"
        case "\\", "'": "\\\(self)"
        case let control where control.isControl:
            "\\" + String(repeating: "0", count: control.value < 8 ? 2 : control.value < 64 ? 1 : 0)
                + String(control.value, radix: 8)
        default: String(self)
        }
    }
}
