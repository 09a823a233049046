import Basics
import Elements
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

/// What hooks see, phase by phase (compat-core sections 2.2, 2.3 and 14).
@Suite struct HookEnvironmentTests {
    @Test func theRootOfTheTargetIsNamedInTwoPhasesOnly() {
        let environment = hookEnvironment(request(["TARGET_ROOT": "/stale"]))
        let phases = HookPhase.allCases.filter { environment.variables(for: $0)["TARGET_ROOT"] != nil }
        #expect(phases == [.root, .cleanup])
        #expect(environment.variables(for: .root)["TARGET_ROOT"] == "/b/mnt")
    }

    @Test func hooksOnTheHostSeeTheContractsVariables() {
        let request = request(["HOME": "/home/me", "PATH": "/usr/bin:/sbin", "MY": "own", "DIB_OFFLINE": "1"]) {
            $0.elementsPath = ["/x", "/y"]
            $0.argumentText = "-o a b"
            $0.traceLevel = 2
        }
        let seen = hookEnvironment(request).variables(for: .extraData)
        let expected: [String: String] = [
            "ARCH": "amd64", "DIB_ARGS": "-o a b", "DIB_CHECKSUM": "0", "DIB_DEBUG_TRACE": "2",
            "DIB_IMAGE_CACHE": "/home/me/.cache/image-create", "DIB_LOCKFILES": "/home/me/.cache/dib/lockfiles",
            "DIB_MIN_TMPFS": "2", "DIB_NO_TMPFS": "0", "DIB_OFFLINE": "1", "DIB_PYTHON_EXEC": "/share/python",
            "ELEMENTS_PATH": "/x:/y", "FS_TYPE": "ext4", "HOME": "/home/me", "IMAGE_ELEMENT": "base vm",
            "IMAGE_NAME": "image", "IMAGE_TYPE": "qcow2", "INGOT": "/bin/ingot", "LC_ALL": "C", "MY": "own",
            "OUT_IMAGE_PATH": "", "PATH": "/usr/bin:/sbin:/usr/local/sbin:/usr/sbin", "PS4": "+ $(_ps4):   ",
            "TMP_BUILD_DIR": "/b", "TMP_HOOKS_PATH": "/b/hooks", "TMP_IMAGE_DIR": "/i", "TMP_MOUNT_PATH": "/b/mnt",
            "DIB_BLOCK_DEVICE_PARAMS_YAML": "/b/block-device/params.yaml", "_LIB": "/share/lib",
            "DIB_ENV":
                "declare -x DIB_ARGS=\"-o a b\"\ndeclare -x DIB_OFFLINE=\"1\"\ndeclare -x DIB_PYTHON_EXEC=\"/share/python\"",
        ]
        #expect(seen.dictionary.filter { !$0.key.hasPrefix("BASH_FUNC_") } == expected)
        #expect(
            seen.names.filter { $0.hasPrefix("BASH_FUNC_") } == [
                "BASH_FUNC__ps4%%", "BASH_FUNC_die%%", "BASH_FUNC_get_image_element_array%%",
            ])
    }

    @Test func hooksInTheImageSeeWhatSudoAndChrootLeave() {
        let dropped = [
            "TMPDIR": "/x", "VIRTUAL_ENV": "/v", "LD_PRELOAD": "x.so", "LD_LIBRARY_PATH": "/l", "PYTHONPATH": "/p",
            "BASH_ENV": "/e", "ENV": "/e", "IFS": ",", "CDPATH": "/c", "GLOBIGNORE": "*", "SHELLOPTS": "errexit",
            "PERL5LIB": "/p", "OLD_STYLE": "() { :; }", "TARGET_ROOT": "/stale", "BASH_FUNC_mine%%": "() { :\n}",
        ]
        let kept = ["DEBIAN_FRONTEND": "noninteractive", "http_proxy": "http://p", "TERM": "xterm", "LANG": "de_DE"]
        let request = request(dropped.merging(kept) { $1 }.merging(["USER": "me", "HOME": "/home/me"]) { $1 })
        for phase in [HookPhase.preInstall, .install, .postInstall, .finalise] {
            let seen = hookEnvironment(request).variables(for: phase)
            #expect(dropped.keys.filter { seen[$0] != nil } == [])
            #expect(kept.allSatisfy { seen[$0.key] == $0.value })
            #expect(seen["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            #expect(["HOME", "USER", "LOGNAME"].map { seen[$0] } == ["/root", "root", "root"])
            #expect(["SUDO_USER", "SUDO_UID", "SUDO_GID"].map { seen[$0] } == ["me", "0", "0"])
            #expect(seen["SUDO_COMMAND"] == "/usr/sbin/chroot /b/mnt")
            #expect(["INGOT", "PS4", "BASH_FUNC_die%%", "BASH_FUNC__ps4%%"].allSatisfy { seen[$0] == nil })
            #expect(seen["TMP_MOUNT_PATH"] == "/b/mnt")
        }
    }

    @Test func clearingLeavesWhatAProgramNeedsToWork() {
        let request = request(["HOME": "/h", "MY": "own", "https_proxy": "p", "DIB_RELEASE": "x"]) {
            $0.clearsEnvironment = true
        }
        let seen = hookEnvironment(request).common
        #expect(["HOME", "https_proxy", "CLEAR_ENV"].map { seen[$0] } == ["/h", "p", "1"])
        #expect(seen["MY"] == nil && seen["DIB_RELEASE"] == nil)
        #expect(seen["DIB_ENV"] == "declare -x DIB_ARGS=\"\"\ndeclare -x DIB_PYTHON_EXEC=\"/share/python\"")
    }

    @Test func anEmptySearchPathIsReplaced() {
        #expect(
            hookEnvironment(request(["PATH": ""])).common["PATH"] == "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin")
    }

    /// Values that a careless quoting breaks, among them characters that Swift, but not bash, sees as one.
    private static let values = [
        "", "plain", "two words", "tab\there", "line\nline", "trailing\n", "\r\n",
        "\u{1}\u{7F}\u{7}\u{8}\u{B}\u{C}\u{1B}[0m", "a\\b", "\\", "\"",
        "$HOME",
        "$(touch /tmp/never)", "`id`", "!!", "it's", "'", "\"\u{301}", "$\u{301}HOME", "äöü 🪙", "a\\\nb", "*", "~", "#",
    ]

    @Test func bashReadsBackEveryValue() throws {
        var environment = ["DIB-NO-NAME": "x", "DIB_ENV": "stale", "PATH": "/usr/bin:/bin"]
        for (index, value) in Self.values.enumerated() { environment["DIB_V\(index)"] = value }
        let text = try #require(hookEnvironment(request(environment)).common["DIB_ENV"])
        #expect(!text.contains("NO-NAME") && !text.contains("stale"))
        let script =
            "eval \"$TEXT\"; for v in $(seq 0 \(Self.values.count - 1)); do n=DIB_V$v; printf '%s\\0' \"${!n}\"; done"
        let result = try runTool("bash", ["-c", script], environment: ["TEXT": text, "PATH": "/usr/bin:/bin"])
        #expect(result.status == 0)
        #expect(
            result.output.unicodeScalars.split(separator: "\0", omittingEmptySubsequences: false).map {
                String(String.UnicodeScalarView($0))
            } == Self.values + [""])
    }

    /// Where no byte is outside ASCII, the text is bash's own: elements compare it with `declare -p`.
    @Test func theTextOfVariablesIsSpelledAsBashSpellsIt() throws {
        let values = Self.values.filter { $0.unicodeScalars.allSatisfy(\.isASCII) }
        var environment = ["PATH": "/usr/bin:/bin"]
        for (index, value) in values.enumerated() { environment["DIB_V\(index)"] = value }
        let ours = try #require(hookEnvironment(request(environment)).common["DIB_ENV"])
        let bash = try runTool(
            "bash", ["-c", "declare -p ${!DIB_@}"],
            environment: environment.merging(["DIB_ARGS": "", "DIB_PYTHON_EXEC": "/share/python"]) { $1 })
        #expect(ours + "\n" == bash.output)
    }

    @Test func theExportedFunctionsWorkInBash() throws {
        let environment = hookEnvironment(request(["PATH": "/usr/bin:/bin"])).variables(for: .root)
        let died = try runTool("bash", ["-c", "false || die oh dear"], environment: environment.dictionary)
        #expect(died.status == 1 && died.output == "oh dear\n")
        let status = try runTool("bash", ["-c", "(exit 7) || die"], environment: environment.dictionary)
        #expect(status.status == 7)
        let traced = try runTool("bash", ["-xc", "f() { :; }; f"], environment: environment.dictionary)
        #expect(traced.output.contains("+ ") && !traced.output.contains("command not found"))
    }
}
