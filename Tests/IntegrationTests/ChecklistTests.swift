import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// The acceptance checklist of compat-core section 21, line by line: what no other suite shows.
    ///
    /// 1 `EnvironmentOfHooks`; 2 `RunPartsTests`; 3 `PhaseRunnerTests`, and here; 4 and 5 here, `FailingHooks`; 6 here,
    /// `Outputs`; 7 `Tidying`, `ResolverConfigurationTests`; 8 `ImageSizingTests`; 9 `Interrupted`, `Killed`, `NoSpace`;
    /// 10 `ElementGraphTests`, `ImageListTests`, `BootTests`; 11 `ShellLibraryTests`, `OutsideHooksTests`;
    /// 12 `PythonProgramTests`.
    @Suite struct Checklist {
        @Test("line 3: environment.d is sourced in byte order, once for each phase", .timeLimit(.minutes(1)))
        func environmentFiles() async throws {
            try await withSandbox { sandbox in
                var files = ["post-root.d/50-show": "#!/bin/bash\necho \"order: $ORDER\"\n"]
                for name in ["9-a", "foo.bash", "100-c", "10-b"] {
                    files["environment.d/\(name)"] =
                        "LIST+=(\(name))\nexport ORDER=\"${LIST[*]} in ${BASH_SOURCE[0]##*/}\"\nreturn 0\nexit 3\n"
                }
                try sandbox.addElement("order", files)
                let result = try await sandbox.build(["-t", "raw", "-o", "x", "fake-os", "order"])
                result.expectStatus(0)
                #expect(result.lines.contains("order: 10-b 100-c 9-a foo.bash in foo.bash"))
            }
        }

        @Test("line 4: a hook that two elements have ends the build before any runs", .timeLimit(.minutes(1)))
        func duplicates() async throws {
            try await withSandbox { sandbox in
                for name in ["one", "two"] {
                    try sandbox.addElement(name, ["install.d/50-same": "#!/bin/bash\n", "README.rst": name])
                }
                let result = try await sandbox.build(["-t", "raw", "-o", "x", "fake-os", "one", "two"])
                result.expectStatus(1)
                #expect(result.output.contains("install.d/50-same"))
                #expect(result.output.contains("one") && result.output.contains("two"))
                #expect(!result.output.contains("Running hooks from"))
                try FileManager.default.removeItem(
                    atPath: sandbox.elements.appending("two").appending("install.d").string)
                try await sandbox.build(["-t", "raw", "-o", "x", "fake-os", "one", "two"]).expectStatus(0)
            }
        }

        @Test("line 5: break= stops before and after each phase, with the caller's command", .timeLimit(.minutes(1)))
        func breakPoints() async throws {
            try await withSandbox { sandbox in
                let phases = ProbePhase.allCases.map(\.rawValue)
                let points = phases.flatMap { ["before-\($0)", "after-\($0)"] }
                let result = try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os"],
                    environment: [
                        "break": points.joined(separator: ","), "break_cmd": "echo \"in $PWD, tree $TMP_MOUNT_PATH\"",
                    ])
                result.expectStatus(0)
                let stages = result.lines.filter { $0.hasPrefix("At stage ") }
                #expect(stages == points.map { "At stage \($0)" })
                #expect(result.lines.filter { $0 == "Starting debug shell. Exit to resume building." }.count == 20)
                #expect(result.lines.filter { $0 == "Resuming" }.count == 20)
                let places = result.lines.filter { $0.hasPrefix("in /") }
                #expect(places.count == 20)
                #expect(places.filter { $0.hasPrefix("in /, tree ") }.count == 8, "four phases are in the image")
                let failing = try await sandbox.build(
                    ["-t", "raw", "-o", "y", "fake-os"], environment: ["break": "after-root", "break_cmd": "exit 9"])
                failing.expectStatus(9)
            }
        }

        @Test(
            "line 6: a second build renames the raw and its checksums, and overwrites the tar", .timeLimit(.minutes(1)))
        func renaming() async throws {
            try await withSandbox { sandbox in
                for _ in 0..<2 {
                    try await sandbox.build(["-t", "tar,raw", "--checksum", "-o", "p.img", "fake-os"]).expectStatus(0)
                }
                let names = try sandbox.names(in: sandbox.output).map {
                    $0.replacing(/-\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d/, with: "-DATE")
                }.sorted()
                #expect(
                    names == [
                        "p.img-DATE.raw", "p.img-DATE.raw.md5", "p.img-DATE.raw.sha256", "p.img.raw", "p.img.raw.md5",
                        "p.img.raw.sha256", "p.img.tar", "p.img.tar.md5", "p.img.tar.sha256",
                    ])
            }
        }

        @Test("-x -x is told to hooks as 2, the caller's level is added to", .timeLimit(.minutes(1)))
        func traceLevel() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("show", "extra-data.d/50-show", "echo \"level $DIB_DEBUG_TRACE, $DIB_ARGS\"")
                let result = try await sandbox.build(
                    ["-x", "-x", "-t", "raw", "-o", "x", "fake-os", "show"], environment: ["DIB_DEBUG_TRACE": "1"])
                result.expectStatus(0)
                #expect(result.lines.contains("level 3, -n -x -x -t raw -o x fake-os show"))
            }
        }

        @Test("a secret of the environment is in no trace, on the console or in the log file", .timeLimit(.minutes(1)))
        func secrets() async throws {
            try await withSandbox { sandbox in
                try sandbox.addElement(
                    "user",
                    [
                        "environment.d/50-user": "export REG_PASSWORD=${REG_PASSWORD:-none}\n",
                        "install.d/50-user": "#!/bin/bash\nset -x\necho \"$REG_PASSWORD\" \"$API_TOKEN\"\n",
                    ])
                let secrets = ["hunter2-it's", "tok$en\"7"]
                let result = try await sandbox.build(
                    ["-x", "--logfile", "log", "-t", "raw", "-o", "x", "fake-os", "user"],
                    environment: ["REG_PASSWORD": secrets[0], "API_TOKEN": secrets[1], "DIB_QUIET": "0"])
                result.expectStatus(0)
                let log = try sandbox.text("log")
                for text in [result.output, log] {
                    #expect(!text.contains("hunter2") && !text.contains(secrets[1]))
                    #expect(text.contains("REG_PASSWORD=***"))
                    #expect(text.contains("*** ***"))
                }
            }
        }

        @Test("the usage report is shown, and no build ends of it", .timeLimit(.minutes(1)), arguments: ["0", "1"])
        func usage(full: String) async throws {
            try await withSandbox { sandbox in
                let result = try await sandbox.build(
                    ["-t", "tar", "-o", "x", "fake-os"],
                    environment: ["DIB_SHOW_IMAGE_USAGE": "1", "DIB_SHOW_IMAGE_USAGE_FULL": full])
                result.expectStatus(0)
                #expect(result.lines.contains("Image size report" + (full == "1" ? "" : " (files > 10MiB)")))
                #expect(result.lines.contains("===== end image size report ====="))
                #expect(result.lines.contains { $0.hasSuffix("B /usr/bin/bash") } == (full == "1"))
            }
        }

        @Test(
            "EXTRA_DETACH runs at each release of the tree, EXTRA_UNMOUNT at all but the last", .timeLimit(.minutes(1)),
            arguments: [(true, "detach mine\nunmount\ndetach mine\n"), (false, "detach mine\nunmount\n")])
        func extraCommands(succeeds: Bool, expected: String) async throws {
            try await withSandbox { sandbox in
                try sandbox.addElement("tool", ["note": "#!/bin/bash\necho \"$*\" >> \(sandbox.output)/notes\n"])
                try sandbox.addHook("last", "install.d/99-last", succeeds ? "true" : "exit 4")
                let note = sandbox.elements.appending("tool").appending("note").string
                let result = try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os", "last"],
                    environment: ["EXTRA_DETACH": "\(note) detach mine", "EXTRA_UNMOUNT": "\(note) unmount"])
                result.expectStatus(succeeds ? 0 : 4)
                #expect(try sandbox.text("notes") == expected)
            }
        }

        @Test("ramdisk-image-create puts its element first and leaves the files to it", .timeLimit(.minutes(1)))
        func ramdisk() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "my-ramdisk", "cleanup.d/99-files",
                    "echo \"elements: $IMAGE_ELEMENT\"; echo r > $IMAGE_NAME.initramfs")
                let arguments = [
                    "ramdisk-image-create", "-n", "--ramdisk-element", "my-ramdisk", "-o", "deploy", "fake-os",
                ]
                let result = try await sandbox.start(arguments).result()
                result.expectStatus(0)
                #expect(result.lines.contains("elements: my-ramdisk fake-os"))
                #expect(
                    result.lines.prefix(2) == [
                        "Building elements: my-ramdisk fake-os", "Expanded element dependencies to: my-ramdisk fake-os",
                    ])
                #expect(try sandbox.names(in: sandbox.output) == ["deploy.initramfs"])
                // Built-in elements are met once only: upstream warns of each (wart 13.12).
                #expect(!result.output.contains("overrides"))
            }
        }
    }
}
