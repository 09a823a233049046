import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// The same bytes each time, and the proof of it.
    @Suite(.requires(.root, .tool("curl")), .timeLimit(.minutes(4))) struct Reproducible {
        /// Files of the kinds that are another in each build.
        private static let offenders = """
            cd "$TMP_MOUNT_PATH"
            mkdir -p etc/ssh etc/iscsi var/cache/ldconfig var/cache/fontconfig var/lib/systemd usr/bin
            head -c 40 /dev/urandom > etc/ssh/ssh_host_ed25519_key
            touch usr/bin/cloud-init
            head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n' > etc/machine-id
            echo "InitiatorName=iqn.1993-08.org.debian:01:$RANDOM$RANDOM" > etc/iscsi/initiatorname.iscsi
            head -c 40 /dev/urandom > var/cache/ldconfig/aux-cache
            head -c 40 /dev/urandom > var/cache/fontconfig/x.cache-9
            head -c 40 /dev/urandom > var/lib/systemd/random-seed
            date > var/log/x.log
            """

        private func prepare(_ sandbox: BuildSandbox) throws {
            try sandbox.addHook("it", "extra-data.d/10-offend", Self.offenders)
            try sandbox.addHook(
                "it", "extra-data.d/20-old",
                "cd \"$TMP_MOUNT_PATH\"; touch -d @1600000000 old; mkdir new; touch new/file")
        }

        @Test func `builds of one date have one digest, and no file is younger`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                var digests: [String] = []
                for changes in [["SOURCE_DATE_EPOCH": "1700000000"], ["SOURCE_DATE_EPOCH": "1700000000", "USER": "x"]]
                    as [[String: String?]]
                {
                    let words = ["build", "-n", "--no-cache", "-t", "tar", "-o", "x", "fake-os", "it"]
                    try await sandbox.start(words, environment: changes).result().expectStatus(0)
                    digests.append(String(try runTool("sha256sum", [sandbox.file("x.tar").string]).output.prefix(64)))
                }
                #expect(digests[0] == digests[1])
                let listing = try runTool("tar", ["--full-time", "--utc", "-tvf", sandbox.file("x.tar").string]).output
                let youngest = listing.split(separator: "\n").map {
                    $0.split(separator: " ")[3...4].joined(separator: " ")
                }
                #expect(youngest.max() == "2023-11-14 22:13:20")
                #expect(listing.contains("2020-09-13 12:26:40 ./old"))
                for gone in ["ssh_host_ed25519_key", "aux-cache", "x.cache-9", "random-seed"] {
                    #expect(!listing.contains(gone), "\(gone)")
                }
                let name = try runTool(
                    "tar", ["-xOf", sandbox.file("x.tar").string, "./etc/iscsi/initiatorname.iscsi"])
                #expect(name.output == "GenerateName=yes\n")
                #expect(try runTool("tar", ["-xOf", sandbox.file("x.tar").string, "./etc/machine-id"]).output == "")
            }
        }

        @Test func `without a date nothing of the tree is taken away`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                let words = ["build", "-n", "--no-cache", "-t", "tar", "-o", "x", "fake-os", "it"]
                try await sandbox.start(words).result().expectStatus(0)
                let listing = try runTool("tar", ["-tf", sandbox.file("x.tar").string]).output
                for kept in ["ssh_host_ed25519_key", "aux-cache", "x.cache-9"] { #expect(listing.contains(kept)) }
            }
        }

        @Test func `prove finds equal builds equal, under other names, masks and places`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                let words = ["prove", "--builds", "3", "-n", "-t", "tar", "fake-os", "it"]
                let result = try await sandbox.start(words, environment: ["SOURCE_DATE_EPOCH": "1700000000"]).result()
                result.expectStatus(0)
                #expect(result.output.contains("3 builds, all equal"))
                #expect(try sandbox.names(in: sandbox.output).isEmpty)
            }
        }

        /// Texts that a hook gets out of the clock: of another year in the second build, of an earlier month in the third.
        private static let clocks: [(String, String, String)] = [
            ("extra-data.d/30-date", "date +%Y > \"$TMP_MOUNT_PATH/stamp\"", "it extra-data/30-date"),
            // Entered by a hook of the host's, as bootstraps do it.
            (
                "extra-data.d/30-date", "sudo chroot \"$TMP_MOUNT_PATH\" /bin/bash -c 'printf \"%(%Y)T\" -1 > /stamp'",
                "it extra-data/30-date"
            ),
            ("install.d/30-date", "date +%Y > /stamp", "it install/30-date"),
        ]

        @Test("the clock of hooks is another, in the image and outside of it", arguments: clocks)
        func clock(hook: String, body: String, writer: String) async throws {
            try await withSandbox { sandbox in
                try sandbox.addElement("it", ["element.yaml": "summary: It.\ninputs: []\n"])
                try sandbox.addHook("it", hook, body)
                let words = ["prove", "--builds", "2", "-n", "-t", "tar", "fake-os", "it"]
                // As the real one: it lets nothing through that the loader heeds.
                let sudo = "#!/bin/bash\n[ $1 != -E ] || shift\nexec env -u LD_PRELOAD \"$@\"\n"
                try sandbox.addElement("bin", ["sudo": sudo])
                let path = "\(sandbox.elements)/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                let environment: [String: String?] = ["SOURCE_DATE_EPOCH": "1700000000", "PATH": path]
                let differs = try await sandbox.start(words, environment: environment).result()
                differs.expectStatus(1)
                #expect(differs.output.contains("clock +398 d 6 h 23 min"), "\(differs.output)")
                #expect(differs.output.contains("/stamp: contents, written by \(writer)"), "\(differs.output)")
                let same = try await sandbox.start(words + ["--same", "clock"], environment: environment).result()
                same.expectStatus(0)
                #expect(same.output.contains("the same in all builds: clock (--same)"), "\(same.output)")
                #expect(try sandbox.names(in: sandbox.output).isEmpty)
            }
        }

        @Test("a disk of loop devices has the same tree", .requires(.loopDevices))
        func loopDevices() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                try sandbox.addHook(
                    "it", "extra-data.d/30-manifest",
                    "echo \"$DIB_ARGS\" > \"$TMP_MOUNT_PATH/arguments\"")
                let words = ["prove", "-n", "-t", "raw", "fake-os", "it"]
                let environment: [String: String?] = ["SOURCE_DATE_EPOCH": "1700000000"]
                let result = try await sandbox.start(words, environment: environment).result()
                result.expectStatus(0)
                #expect(
                    result.output.contains("without layers, loop devices (the tree is compared)\n"), "\(result.output)")
                #expect(result.output.contains("3 builds, all equal"))
                #expect(result.lines.filter { $0.hasSuffix("  raw") }.count == 2)
                #expect(!result.output.contains("the same in all builds"))
            }
        }

        @Test(
            "what is not varied is said",
            arguments: [
                (["-t", "tar"], "backend (the build makes no disk)"),
                (["-t", "raw", "--builds", "2"], "backend (it takes three builds)"),
                (
                    ["-t", "raw", "--backend", "file", "--same", "user,clock"],
                    "user (--same), clock (--same), backend (asked for)"
                ),
            ])
        func constants(words: [String], line: String) async throws {
            try await withSandbox { sandbox in
                let environment: [String: String?] = ["SOURCE_DATE_EPOCH": "1700000000"]
                let proof = try sandbox.start(["prove", "-n"] + words + ["fake-os"], environment: environment)
                let result = try await proof.result()
                result.expectStatus(0)
                #expect(
                    result.output.contains("2 builds, all equal\nthe same in all builds: \(line)\n"), "\(result.output)"
                )
            }
        }

        @Test func `prove keeps its builds in no directory that has something in it`() async throws {
            try await withSandbox { sandbox in
                for name in ["out", "build2"] {
                    let path = sandbox.file("here/\(name)").string
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                }
                let words = ["prove", "--keep", "here", "-n", "-t", "tar", "fake-os", "it"]
                let result = try await sandbox.start(words).result()
                #expect(result.status == 1 && result.output.contains("'here' is not empty"), "\(result.output)")
                let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.file("here").string)
                #expect(left.sorted() == ["build2", "out"])
            }
        }

        @Test(
            "prove names the file and the hook that differ",
            arguments: [
                ("date +%s%N > stamp", "/stamp: contents, written by it extra-data/30-differ"),
                ("hostname > stamp", "/stamp: contents, written by it extra-data/30-differ"),
                ("nproc > stamp; date +%Z > zone", "/zone: contents, written by it extra-data/30-differ"),
                ("touch \"of-$USER\"", "/of-builder2: is only in the other"),
                ("echo \"$LANG\" > stamp", "/stamp: contents"),
            ])
        func differences(body: String, line: String) async throws {
            try await withSandbox { sandbox in
                try sandbox.addElement("it", ["element.yaml": "summary: It.\ninputs: []\n"])
                try sandbox.addHook("it", "extra-data.d/30-differ", "cd \"$TMP_MOUNT_PATH\"\n" + body)
                let words = ["prove", "-n", "-t", "tar", "fake-os", "it"]
                let result = try await sandbox.start(words, environment: ["SOURCE_DATE_EPOCH": "1700000000"]).result()
                result.expectStatus(1)
                #expect(result.output.contains("builds 1 and 2 differ: tar"))
                #expect(result.output.contains(line), "\(result.output)")
            }
        }

        /// Test runners and supervisors block signals, and a blocked signal stays blocked in what they start.
        @Test(
            "a proof that is ended leaves nothing, also where its caller had blocked the signal",
            arguments: [SIGTERM, SIGINT], [false, true])
        func ended(signal: Int32, isBlocked: Bool) async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                try sandbox.addHook("it", "extra-data.d/40-wait", "touch \"\(sandbox.path)/waits\"; sleep 600")
                let words = [Checkout.ingot.string, "prove", "-n", "-t", "tar", "fake-os", "it"]
                let options = isBlocked ? ["--block-signal=TERM", "--block-signal=INT"] : []
                let proof = try sandbox.start(program: "/usr/bin/env", options + words)
                #expect(await eventually(within: .seconds(60)) { access("\(sandbox.path)/waits", F_OK) == 0 })
                let start = ContinuousClock.now
                proof.send(signal)
                let result = try await proof.result()
                #expect(ContinuousClock.now - start < .seconds(5))
                result.expectStatus(128 + signal)
                #expect(try sandbox.names(in: sandbox.output).isEmpty)
                #expect(try sandbox.names(in: sandbox.temporary).isEmpty)
            }
        }

        /// What has no child to be ended: eight gigabytes are not summed up first.
        @Test func `a proof ends while it compares`() async throws {
            try await withSandbox { sandbox in
                let words = ["prove", "--keep", "kept", "-n", "-t", "raw", "fake-os"]
                let proof = try sandbox.start(
                    words, environment: ["DIB_IMAGE_SIZE": "16", "SOURCE_DATE_EPOCH": "1700000000"])
                let image = sandbox.file("kept/build1/out/image.raw").string
                #expect(await eventually(within: .seconds(120)) { access(image, F_OK) == 0 })
                let start = ContinuousClock.now
                proof.send(SIGTERM)
                let result = try await proof.result()
                #expect(ContinuousClock.now - start < .seconds(5))
                result.expectStatus(143)
            }
        }

        @Test(
            "bad command lines are refused before anything is done",
            arguments: [
                (["--builds", "1", "fake-os"], "--builds needs a number from 2 to 100, not '1'"),
                (["--builds"], "--builds needs a value"),
                (["--same", "moon", "fake-os"], "--same: there is no 'moon'"),
                (["--lock", "x", "fake-os"], "makes a lock of its own"),
                (["no-such-element"], "Element 'no-such-element' not found"),
                (["--locked", "none", "fake-os"], "cannot read the lock 'none'"),
            ])
        func refusals(words: [String], line: String) async throws {
            try await withSandbox { sandbox in
                let result = try await sandbox.start(["prove", "-n"] + words).result()
                result.expectStatus(1)
                #expect(result.output.contains(line), "\(result.output)")
                #expect(try sandbox.names(in: sandbox.output).isEmpty)
            }
        }
    }
}
