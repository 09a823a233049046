import Foundation
import SystemPackage
import TestSupport
import Testing

/// `dib-block-device create` ended half-way: nothing of the disk is left.
@Suite(.serialized, .requires(.root, .loopDevices, .tool("mkfs.ext4"))) struct BlockDeviceSignalTests {
    @Test("a signal takes back the half-made disk", .timeLimit(.minutes(1)), arguments: [SIGINT, SIGTERM])
    func takenBack(signal: Int32) async throws {
        try await withScratchDirectory { (directory: FilePath) async throws in
            func path(_ inside: String) -> String { directory.appending(inside).string }
            for folder in ["img", "build", "mnt", "bin"] {
                try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
            }
            func write(_ text: String, to file: String) throws {
                try text.write(toFile: path(file), atomically: false, encoding: .utf8)
            }
            // The second mkfs never ends; by then there are devices, and a filesystem.
            try write(
                "#!/bin/sh\ncase $* in *' slow '*) : >\(path("reached")); exec sleep 600;; esac\nexec /sbin/mkfs \"$@\"\n",
                to: "bin/mkfs")
            #expect(chmod(path("bin/mkfs"), 0o755) == 0)
            try write(
                "- local_loop: {name: image0}\n- partitioning: {base: image0, label: gpt, partitions: ["
                    + "{name: a, size: 32MiB, mkfs: {type: ext4, label: quick}}, "
                    + "{name: b, size: 32MiB, mkfs: {type: ext4, label: slow}}]}\n", to: "layout.yaml")
            try write(
                "config: \(path("layout.yaml"))\nimage-dir: \(path("img"))\nmount-base: \(path("mnt"))\n"
                    + "build-dir: \(path("build"))\nimage-size: 102400KiB\n", to: "params.yaml")
            var environment = ProcessInfo.processInfo.environment
            environment["DIB_BLOCK_DEVICE_PARAMS_YAML"] = path("params.yaml")
            environment["PATH"] = path("bin") + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
            let program = Checkout.ingot.string
            #expect(try runTool(program, ["dib-block-device", "init"], environment: environment).status == 0)

            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = ["dib-block-device", "create"]
            process.environment = environment
            process.standardError = FileHandle.nullDevice
            try process.run()
            let deadline = ContinuousClock.now + .seconds(30)
            while access(path("reached"), F_OK) != 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try runTool("losetup", []).output.contains(path("img")))
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationStatus == 128 + signal)
            #expect(!(try runTool("losetup", []).output.contains(path("img"))))
            #expect(try FileManager.default.contentsOfDirectory(atPath: path("img")).isEmpty)
        }
    }
}
