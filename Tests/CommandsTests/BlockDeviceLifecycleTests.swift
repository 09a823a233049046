import Basics
import Commands
import Foundation
import SystemPackage
import TestSupport
import Testing

/// `dib-block-device` making real disks: each verb a call of its own, as scripts make them.
@Suite(.serialized, .requires(.root, .loopDevices, .tool("mkfs.ext4"), .tool("mkfs.vfat"), .tool("sfdisk")))
struct BlockDeviceLifecycleTests {
    /// A build directory with parameters, and what can be seen of its disk from outside.
    private struct Build {
        let directory: FilePath

        func path(_ inside: String) -> String { directory.appending(inside).string }

        init(in directory: FilePath, root: String = "mkfs: {mount: {mount_point: /, fstab: {fsck-passno: 1}}}") throws {
            self.directory = directory
            for folder in ["img", "build/built", "mnt"] {
                try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
            }
            let layout = """
                - local_loop: {name: image0}
                - partitioning:
                    base: image0
                    label: gpt
                    partitions:
                      - {name: ESP, type: EF00, size: 40MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
                      - {name: BSP, type: EF02, size: 8MiB}
                      - {name: swap, type: 8200, size: 16MiB, mkfs: {type: swap, mount: {mount_point: none, fstab: {}}}}
                      - {name: root, size: 100%, \(root)}
                """
            try layout.write(toFile: path("layout.yaml"), atomically: false, encoding: .utf8)
            let parameters = """
                config: \(path("layout.yaml"))
                image-dir: \(path("img"))
                root-fs-type: ext4
                root-label: disk
                root-fs-opts: '-i 4096 -J size=4 '
                mount-base: \(path("mnt"))
                build-dir: \(path("build"))
                image-size: 131072KiB
                """
            try parameters.write(toFile: path("params.yaml"), atomically: false, encoding: .utf8)
        }

        func run(_ words: String...) async -> ToolOutcome {
            var environment = Environment(ProcessInfo.processInfo.environment)
            environment["DIB_BLOCK_DEVICE_PARAMS_YAML"] = path("params.yaml")
            return await BlockDeviceCommand.outcome(arguments: words, environment: environment)
        }

        func loops() throws -> [String] {
            try runTool("losetup", ["--noheadings", "--output", "NAME,BACK-FILE"]).output.split(separator: "\n")
                .filter { $0.contains(directory.string) }.map { String($0.prefix { $0 != " " }) }
        }

        func mounts() throws -> [String] {
            try runTool("findmnt", ["--noheadings", "--list", "--output", "TARGET"]).output.split(separator: "\n")
                .filter { $0.hasPrefix(directory.string) }.map { String($0.dropFirst(directory.string.count)) }
        }

        func files(in folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
        }
    }

    @Test func aDiskLivesFromCreateToCleanup() async throws {
        try await withScratchDirectory { directory in
            let build = try Build(in: directory)
            for verb in ["init", "create", "writefstab"] {
                let outcome = await build.run(verb)
                #expect(outcome.status == 0 && outcome.output.isEmpty, "\(verb): \(outcome.diagnostics)")
            }
            // What others see of it.
            #expect(try build.mounts() == ["/mnt", "/mnt/boot/efi"])
            let devices = try build.loops()
            #expect(devices.count == 5)
            let image = build.path("img/image0.raw")
            let table = try runTool("sfdisk", ["--dump", image]).output
            #expect(table.matches(of: /name="(\w+)"/).map { String($0.1) } == ["ESP", "BSP", "swap", "root"])
            let root = await build.run("getval", "image-block-devices")
            let device = try #require(root.output.firstMatch(of: /\[root\]=(\S+)/)).1
            let tags = try runTool("blkid", ["-p", "-o", "export", String(device)]).output
            #expect(tags.contains("LABEL=disk") && tags.contains("TYPE=ext4"))
            #expect(await build.run("getval", "image-path").output == image + "\n")
            let fstab =
                "LABEL=disk / ext4 defaults 0 1\nLABEL=MKFS_ESP /boot/efi vfat defaults 0 2\n"
                + "LABEL=mkfs_swap none swap sw 0 0\n"
            for copy in ["build/built/etc/fstab", "build/states/block-device/fstab"] {
                #expect(try String(contentsOfFile: build.path(copy), encoding: .utf8) == fstab)
            }
            // A second disk would leave the first without an owner.
            let again = await build.run("create")
            #expect(again.status == 1 && again.diagnostics.contains("exists"))

            for _ in 1...2 {
                #expect(await build.run("umount").status == 0)
                #expect(try build.mounts().isEmpty)
                #expect(try await eventually(within: .seconds(90)) { try build.loops().isEmpty })
            }
            #expect(await build.run("cleanup").status == 0)
            #expect(try build.files(in: "build/states").isEmpty)
            #expect(try build.files(in: "img") == ["image0.raw"])
            // Upstream's driver unmounts in its exit trap, after everything: no error.
            #expect(
                await build.run("umount") == ToolOutcome(diagnostics: "there is no disk to unmount\n"))
        }
    }

    @Test func cleanupReleasesWhatIsStillInUse() async throws {
        try await withScratchDirectory { directory in
            let build = try Build(in: directory)
            _ = await build.run("init")
            #expect(await build.run("create").status == 0)
            #expect(await build.run("cleanup").status == 0)
            #expect(try build.mounts().isEmpty && build.loops().isEmpty)
        }
    }

    /// A mount base that is a link, as where the temporary directory is one.
    @Test func pathsMayBeLinks() async throws {
        try await withScratchDirectory { directory in
            let build = try Build(in: directory)
            for folder in ["img", "mnt"] {
                try FileManager.default.moveItem(atPath: build.path(folder), toPath: build.path("real-\(folder)"))
                try FileManager.default.createSymbolicLink(
                    atPath: build.path(folder), withDestinationPath: build.path("real-\(folder)"))
            }
            _ = await build.run("init")
            #expect(await build.run("create").status == 0)
            #expect(try build.mounts() == ["/real-mnt", "/real-mnt/boot/efi"])
            try "kept".write(toFile: build.path("mnt/boot/efi/FILE.TXT"), atomically: false, encoding: .utf8)
            #expect(await build.run("umount").status == 0)
            #expect(try build.mounts().isEmpty && build.loops().isEmpty)
            let image = build.path("img/image0.raw") + "@@1M"
            #expect(try runTool("mtype", ["-i", image, "::/FILE.TXT"]).output == "kept")
        }
    }

    @Test func deleteLeavesNothing() async throws {
        try await withScratchDirectory { directory in
            let build = try Build(in: directory)
            _ = await build.run("init")
            #expect(await build.run("create").status == 0)
            #expect(await build.run("delete").status == 0)
            #expect(try build.mounts().isEmpty && build.loops().isEmpty)
            #expect(try build.files(in: "img").isEmpty)
            #expect(try build.files(in: "build/states").isEmpty)
        }
    }

    @Test func aCreationThatFailsIsTakenBack() async throws {
        try await withScratchDirectory { directory in
            let build = try Build(in: directory, root: "mkfs: {type: ext4, opts: --frobnicate}")
            _ = await build.run("init")
            let outcome = await build.run("create")
            #expect(outcome.status == 1 && outcome.diagnostics.contains("error: mkfs -t ext4"))
            #expect(try build.mounts().isEmpty && build.loops().isEmpty)
            #expect(try build.files(in: "img").isEmpty)
            // As upstream: the state is written, so it can be looked at; there is no device in it.
            #expect(try build.files(in: "build/states/block-device") == ["config.json", "state.json"])
            #expect(await build.run("getval", "image-block-devices").output == "\n")
        }
    }

    @Test func withoutStateTheVerbsSayWhatTheyMiss() async throws {
        try await withScratchDirectory { directory in
            let build = try Build(in: directory)
            let expected = [
                "create": "error: 'DIR/build/states/block-device/config.json' cannot be read: run 'init' first\n",
                "writefstab": "error: State dump not found\n", "cleanup": "error: Pickle file not found\n",
                "delete": "error: Pickle file not found\n",
            ]
            for (verb, message) in expected {
                let outcome = await build.run(verb)
                #expect(
                    outcome
                        == ToolOutcome(
                            diagnostics: message.replacing("DIR", with: directory.string), status: 1))
            }
        }
    }
}
