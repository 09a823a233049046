package import Basics
package import Elements

/// What hooks see, phase by phase (compat-core sections 2.2, 2.3 and 14).
///
/// Pure: the process environment is never read.
package struct HookEnvironment: Hashable, Sendable {
    /// Variables common to all phases, as hooks on the host see them.
    package private(set) var common: Environment
    /// Names a shared object that every hook is to have loaded, in the image too: `ingot prove` shifts the clock so.
    ///
    /// What enters the tree by chroot puts it there (LinuxOS/ShiftedClock), and it is taken out before the tree is
    /// measured.
    package static let clockVariable = "INGOT_CLOCK"
    private let mountPath: String
    /// A directory inside the image before those of its own programs; nothing where the image's mount can mount.
    package var targetSearchPath: String?

    package init(common: Environment, mountPath: String) {
        self.common = common
        self.mountPath = mountPath
    }

    /// Adds what becomes known during a build: labels, sizes, devices.
    package mutating func set(_ name: String, _ value: String) { common[name] = value }

    /// The environment for hooks of `phase` where that phase runs, before `environment.d` is sourced.
    package func variables(for phase: HookPhase) -> Environment {
        phase.place == .host ? host(phase) : target
    }

    private func host(_ phase: HookPhase) -> Environment {
        var result = common
        // Upstream sets it for these two phases only; elsewhere a stale value from the caller would mislead.
        result["TARGET_ROOT"] = phase == .root || phase == .cleanup ? mountPath : nil
        return result
    }

    /// What `sudo -E chroot … env -u TMPDIR -u VIRTUAL_ENV PATH=…` leaves of the host's variables.
    package var target: Environment {
        var result = common.filter { name, value in !SudoFilter.removes(name: name, value: value) }
        for name in ["TMPDIR", "VIRTUAL_ENV", "TARGET_ROOT", "INGOT", "INGOT_MOUNTS"] { result[name] = nil }
        result["PATH"] =
            (targetSearchPath.map { "\($0):" } ?? "") + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        result["HOME"] = "/root"
        result["USER"] = "root"
        result["LOGNAME"] = "root"
        result["SUDO_USER"] = common["SUDO_USER"] ?? common["USER"] ?? "root"
        result["SUDO_UID"] = common["SUDO_UID"] ?? "0"
        result["SUDO_GID"] = common["SUDO_GID"] ?? "0"
        result["SUDO_COMMAND"] = "/usr/sbin/chroot \(mountPath)"
        // A superset of upstream, whose sudo strips it: element scripts inside may ask for it too.
        let function = "BASH_FUNC_get_image_element_array%%"
        result[function] = common[function]
        if let clock = common.nonEmpty(Self.clockVariable) { result["LD_PRELOAD"] = clock }
        return result
    }
}

/// The variables that sudo removes even with `-E`, because they change how programs load code or parse text.
package enum SudoFilter {
    private static let names: Set<String> = [
        "IFS", "CDPATH", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "NLSPATH", "PATH_LOCALE", "SHLIB_PATH", "LIBPATH",
        "TERMINFO", "TERMINFO_DIRS", "TERMPATH", "TERMCAP", "ENV", "BASH_ENV", "PS4", "GLOBIGNORE", "BASHOPTS",
        "SHELLOPTS", "JAVA_TOOL_OPTIONS", "PERLIO_DEBUG", "PERLLIB", "PERL5LIB", "PERL5OPT", "PERL5DB", "FPATH",
        "NULLCMD", "READNULLCMD", "ZDOTDIR", "TMPPREFIX", "PYTHONHOME", "PYTHONPATH", "PYTHONINSPECT",
        "PYTHONUSERBASE", "RUBYLIB", "RUBYOPT",
    ]
    private static let prefixes = ["LD_", "_RLD", "LDR_", "DYLD_", "BASH_FUNC_"]

    package static func removes(name: String, value: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) } || value.hasPrefix("()")
    }
}
