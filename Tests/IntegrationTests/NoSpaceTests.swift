import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Disks that fill up: one clear error, nothing left, an older output untouched.
    @Suite(.requires(.tool("mkfs.ext4"), .tool("unshare"), .tool("fallocate")))
    struct NoSpace {
        /// Runs a build with a 2 GiB file system of its own at `directory`, in a mount namespace that ends with it.
        ///
        /// The file behind it is sparse; a hook fills the file system with `fallocate`, which writes nothing.
        private func build(
            _ sandbox: BuildSandbox, small directory: FilePath, _ arguments: [String],
            environment: [String: String] = [:]
        ) async throws -> BuildResult {
            let disk = sandbox.path.appending("small.ext4").string
            #expect(try runTool("truncate", ["-s", "2G", disk]).status == 0)
            #expect(try runTool("mkfs.ext4", ["-q", "-F", "-m", "0", disk]).status == 0)
            let script = """
                mount -o loop "$1" "$2"; rmdir "$2/lost+found"; shift 2; cd "$OUT_DIRECTORY"
                echo older > x.raw; echo older > x.tar; echo older > x.qcow2
                status=0; "$@" || status=$?
                rm -f "$SMALL/filler"
                echo "older=$(cat x.raw x.tar x.qcow2 | xargs) left=$(ls -A "$SMALL" | xargs)"
                exit $status
                """
            var changes = environment
            changes["SMALL"] = directory.string
            changes["OUT_DIRECTORY"] = sandbox.output.string
            return try await sandbox.start(
                program: "/usr/bin/env",
                [
                    "unshare", "--mount", "--propagation", "slave", "bash", "-euc", script, "bash", disk,
                    directory.string, Checkout.ingot.string,
                ]
                    + ["disk-image-create", "-n", "-o", "x", "fake-os"] + arguments, environment: changes
            ).result()
        }

        /// Leaves `left` bytes free.
        private func filler(leaving left: String) -> String {
            "fallocate -l $(( $(stat -fc '%a * %S' \"$SMALL\") - \(left) )) \"$SMALL/filler\""
        }

        @Test(
            "a full output directory", .timeLimit(.minutes(1)),
            arguments: [
                "raw", "qcow2", "tar", "qcow2,raw,vhd,vmdk", "oci,tar.zst", "squashfs", "erofs", "initramfs", "aci",
            ])
        func output(format: String) async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("fill", "cleanup.d/50-fill", filler(leaving: "1000000"))
                let result = try await build(sandbox, small: sandbox.output, ["-t", format, "fill"])
                result.expectStatus(1)
                let error = result.lines.filter { $0.hasPrefix("error: ") }
                #expect(error.count == 1, "\(error)")
                #expect(error.first?.contains("No space left on device") == true, "\(error)")
                #expect(result.lines.last == "older=older older older left=x.qcow2 x.raw x.tar")
            }
        }

        @Test("a full temporary directory, met by a hook", .timeLimit(.minutes(1)))
        func temporaryDirectory() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("fill", "root.d/05-fill", filler(leaving: "1000000"))
                let result = try await build(sandbox, small: sandbox.temporary, ["-t", "raw", "fill"])
                result.expectStatus(1)
                #expect(result.output.contains("error: hook 'root.d/10-fake-os' of element 'fake-os' failed"))
                #expect(result.output.contains("No space left on device"))
                #expect(result.lines.last == "older=older older older left=")
            }
        }

        @Test("no room for the image file", .timeLimit(.minutes(1)))
        func imageFile() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("fill", "block-device.d/50-fill", filler(leaving: "1000000"))
                let result = try await build(sandbox, small: sandbox.temporary, ["-t", "raw", "fill"])
                result.expectStatus(1)
                #expect(result.output.contains("error: no room for the image in '\(sandbox.temporary)/dib_image."))
                #expect(result.output.contains("hint: set TMPDIR to a directory with more room"))
                #expect(result.lines.last == "older=older older older left=")
            }
        }

        @Test("the disk under the image fills up while hooks write to the image", .timeLimit(.minutes(1)))
        func underTheImage() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "fill", "pre-finalise.d/50-fill", "sync -f \"$TMP_MOUNT_PATH\"; " + filler(leaving: "100000"))
                try sandbox.addHook("fill", "finalise.d/50-write", "head -c 20M /dev/urandom > /data")
                let result = try await build(sandbox, small: sandbox.temporary, ["-t", "raw", "fill"])
                result.expectStatus(1)
                #expect(result.output.contains("error: cannot write the disk image: No space left on device"))
                #expect(result.output.contains("hint: set TMPDIR to a directory with more room"))
                #expect(result.lines.last == "older=older older older left=")
            }
        }

        @Test("a tree that does not fit the disk asked for", .timeLimit(.minutes(1)))
        func tree() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "large", "post-root.d/50-large", "head -c 30M /dev/urandom > \"$TMP_MOUNT_PATH/data\"")
                let result = try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os", "large"], environment: ["DIB_IMAGE_SIZE": "0.03"])
                result.expectStatus(1)
                #expect(result.output.contains("error: the tree does not fit: '/' needs "))
                let hint = try #require(result.output.firstMatch(of: #/hint: ask for --image-size ([0-9.]+) /#)).1
                #expect(result.lines.filter { $0.hasPrefix("error: ") }.count == 1)
                #expect(try sandbox.names(in: sandbox.output) == [])
                // What it advises is enough.
                let second = try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os", "large"], environment: ["DIB_IMAGE_SIZE": String(hint)])
                second.expectStatus(0)
            }
        }

        @Test("exact sizing, and free space that a stated size does not leave", .timeLimit(.minutes(1)))
        func exact() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "large", "post-root.d/50-large", "head -c 30M /dev/urandom > \"$TMP_MOUNT_PATH/data\"")
                let arguments = ["-t", "raw", "-o", "x", "--free", "10MiB"]
                let refused = try await sandbox.build(arguments + ["--image-size", "0.055", "fake-os", "large"])
                refused.expectStatus(1)
                #expect(refused.output.contains(" with 10 MiB free, but "))
                let built = try await sandbox.build(
                    arguments + ["fake-os", "large"], environment: ["DIB_IMAGE_SIZE": ""])
                built.expectStatus(0)
                let bytes = try #require(
                    try FileManager.default.attributesOfItem(atPath: sandbox.output.appending("x.raw").string)[.size]
                        as? Int)
                // 30 MiB of data, 7 of the fake system, half as much of journal, 10 free, a twentieth that is root's.
                #expect(bytes > 65 << 20 && bytes < 75 << 20, "\(bytes)")
            }
        }
    }
}
