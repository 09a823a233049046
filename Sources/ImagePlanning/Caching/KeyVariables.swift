package import Basics
import SystemPackage

/// Which variables of a hook's environment belong into the key of its layer, and with what values.
///
/// Every variable counts, but for two kinds that count only where the hook, or a script that it calls, names them:
/// settings of elements and of the build, which nothing but scripts reads (`DIB_…`, `IMAGE_NAME`, sizes and formats of
/// outputs), and what terminals, sessions and CI systems put into every environment.
package struct KeyVariables: Sendable {
    /// Paths of this build, which are others in the next, with what stands for them in a key.
    private let places: [(path: String, name: String)]

    package init(_ workspace: BuildWorkspace) {
        places = [
            (workspace.buildDirectory.string, "<build>"), (workspace.imageDirectory.string, "<image>"),
        ]
    }

    /// The variables that count for scripts of these texts, sorted by name.
    package func counted(_ environment: Environment, for texts: [HookText]) -> [(name: String, value: String)] {
        let readsAll = texts.contains { $0.readsEveryVariable }
        return environment.names.compactMap { name in
            guard !Self.never.contains(name) else { return nil }
            let bare = Self.bareName(name)
            let isQuiet = Self.isQuiet(bare)
            guard !isQuiet || readsAll && !Self.isOfSession(bare) || texts.contains(where: { $0.names(bare) }) else {
                return nil
            }
            return (name, normalised(environment[name] ?? ""))
        }
    }

    /// Paths of the build replaced by names that all builds share.
    package func normalised(_ value: String) -> String {
        places.reduce(value) { $0.replacing($1.path, with: $1.name) }
    }

    /// The name of a function for `BASH_FUNC_name%%`.
    private static func bareName(_ name: String) -> String {
        guard name.hasPrefix("BASH_FUNC_"), name.hasSuffix("%%") else { return name }
        return String(name.dropFirst("BASH_FUNC_".count).dropLast(2))
    }

    /// The program's own files, whose version and bytes are a part of every key, and what cannot reach an image.
    package static let never: Set<String> = [
        "_", "_LIB", "INGOT", "INGOT_SHARE", "INGOT_CACHE", "INGOT_CACHE_DIR", "INGOT_CACHE_TTL", "INGOT_CACHE_SIZE",
        "INGOT_CACHE_SINCE",
        "DIB_OFFLINE", "DIB_PYTHON_EXEC", "OLDPWD", "SHLVL", "PS4", "BASH_FUNC__ps4%%",
    ]

    /// Whether a variable counts only where it is named.
    package static func isQuiet(_ name: String) -> Bool {
        name.hasPrefix("DIB_") || name.hasPrefix("INGOT_") || settings.contains(name) || isOfSession(name)
    }

    /// Variables of the build (compat-core sections 2.1 and 2.2) that no tool knows.
    package static let settings: Set<String> = [
        "ACI_MANIFEST", "ARCH", "CLEAR_ENV", "COMPRESS_IMAGE", "DOCKER_TARGET", "ELEMENTS_PATH", "FS_TYPE",
        "IMAGE_BLOCK_DEVICE", "IMAGE_BLOCK_DEVICES", "IMAGE_ELEMENT", "IMAGE_ELEMENT_YAML", "IMAGE_NAME", "IMAGE_TYPE",
        "LOGFILE", "MAX_ONLINE_RESIZE", "OUT_IMAGE_PATH", "OVERWRITE_OLD_IMAGE", "QEMU_IMG_OPTIONS", "RAMDISK_ELEMENT",
        "ROOT_LABEL", "RUN_PARTS_REGEX", "SKIP_BASE", "TARGET_ROOT", "TMP_BUILD_DIR", "TMP_HOOKS_PATH", "TMP_IMAGE_DIR",
        "TMP_MOUNT_PATH", "break", "break_cmd", "break_outside_target", "get_image_element_array",
    ]

    package static func isOfSession(_ name: String) -> Bool {
        session.contains(name) || sessionPrefixes.contains { name.hasPrefix($0) }
    }

    /// Terminals, sessions and CI systems.
    package static let session: Set<String> = [
        "BROWSER", "CI", "COLORTERM", "COLUMNS", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "EDITOR", "HISTFILE",
        "HISTSIZE", "HOSTNAME", "INVOCATION_ID", "JOURNAL_STREAM", "LESS", "LESSCLOSE", "LESSOPEN", "LINES", "LOGNAME",
        "LS_COLORS", "MAIL", "MANPATH", "MOTD_SHOWN", "NO_COLOR", "PAGER", "PWD", "SHELL", "STY", "TERM", "TMPDIR",
        "TMP_DIR", "TMUX", "TMUX_PANE", "USER", "VISUAL", "WAYLAND_DISPLAY", "WINDOWID",
    ]
    package static let sessionPrefixes = [
        "BUILDKITE_", "CI_", "GITHUB_", "GITLAB_", "GPG_", "JENKINS_", "RUNNER_", "SSH_", "SUDO_", "SYSTEMD_",
        "TERM_", "VSCODE_", "XDG_", "ZUUL_",
    ]
}
