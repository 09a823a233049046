import Foundation
import SystemPackage
import TestSupport
import Testing

/// `ingot convert` on disks that fill up or fail, and when it is interrupted: an error, an older output as it was, nothing else.
@Suite(.requires(.root, .tool("unshare"), .tool("mount")))
struct ConvertFailureTests {
    private static let formats = [
        "qcow2", "raw", "vhd", "vpc", "vmdk", "vdi", "vhdx", "qcow2,raw,vhd,vmdk,vdi,vhdx",
    ]

    /// Runs a script with `input`, a disk of noise, in a mount namespace that ends with it.
    ///
    /// The script mounts `room` and calls `attempt ARGUMENTS…`, which prints the status, what is left there, and the old output.
    private func run(_ script: String, in scratch: FilePath, mebibytes: Int = 20) throws -> String {
        let noise = try runTool("head", ["-c", "\(mebibytes << 20)", "/dev/urandom"], to: scratch.appending("input"))
        #expect(noise == 0)
        // The copies of other tests' mounts would keep their devices busy.
        let frame = """
            awk '$2 ~ "/ingot-test-" { print $2 }' /proc/self/mounts | sort -r | xargs -r umount -l
            mkdir room
            attempt() {
                status=0; "$INGOT" convert "$@" 2>error || status=$?
                echo "status=$status left=$(ls -A room | xargs) older=$(cat room/image* | xargs)"; cat error
            }
            """
        var environment = ProcessInfo.processInfo.environment
        environment["INGOT"] = Checkout.ingot.string
        return try runTool(
            "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", frame + "\n" + script],
            environment: environment,
            directory: scratch.string
        ).output
    }

    @Test(
        "a full file system", .timeLimit(.minutes(1)),
        arguments: formats.map { ["-O", $0] } + [
            ["-O", "qcow2,raw", "--checksum"], ["-o", "preallocation=full", "--compression", "none"],
            ["-o", "preallocation=falloc", "--compression", "none"], ["-O", "vdi", "-o", "static=on"],
            ["-O", "vhd", "-o", "subformat=fixed"], ["-O", "vmdk", "-o", "subformat=monolithicSparse"],
        ])
    func full(_ arguments: [String]) async throws {
        try await withScratchDirectory { scratch in
            let output = try run(
                """
                mount -t tmpfs -o size=6m none room; echo older >room/image
                attempt \(arguments.joined(separator: " ")) input room/image
                """, in: scratch)
            #expect(output.hasPrefix("status=1 left=image older=older\n"), "\(output)")
            #expect(output.contains("No space left on device"), "\(output)")
            #expect(output.split(separator: "\n").count == 2, "\(output)")
        }
    }

    /// The kernel takes what is written and fails later, when it cannot store it: only fsync hears of that.
    @Test(
        "a device that fails behind the kernel's back", .timeLimit(.minutes(1)), .requires(.tool("mkfs.ext4")),
        arguments: formats)
    func failingOutput(_ format: String) async throws {
        try await withScratchDirectory { scratch in
            let output = try run(
                """
                mkdir tiny; mount -t tmpfs -o size=12m none tiny; truncate -s 512M tiny/disk
                mkfs.ext4 -q -F -m 0 -O ^has_journal tiny/disk; mount -o loop tiny/disk room
                rmdir room/lost+found; echo older >room/image; sync
                attempt -O \(format) input room/image
                """, in: scratch, mebibytes: 24)
            #expect(output.hasPrefix("status=1 left=image older=older\n"), "\(output)")
            #expect(output.contains("error: cannot ") || output.contains("Error: cannot "), "\(output)")
        }
    }

    /// Btrfs answers EIO for data that its checksums contradict.
    @Test(
        "an input that cannot be read to its end", .timeLimit(.minutes(1)), .requires(.tool("mkfs.btrfs")),
        arguments: ["qcow2", "raw", "qcow2,raw,vhd,vmdk,vdi,vhdx"])
    func failingInput(_ format: String) async throws {
        try await withScratchDirectory { scratch in
            let output = try run(
                """
                mkdir tree bad; { cat input; echo INGOT-MARKER-7f3a; cat input; } >tree/disk
                truncate -s 256M disk; mkfs.btrfs -q --rootdir tree disk >/dev/null 2>&1
                at=$(grep -obUa INGOT-MARKER-7f3a disk | head -n 1 | cut -d: -f1)
                printf x | dd of=disk bs=1 seek="$at" conv=notrunc status=none
                mount -o loop,ro disk bad; echo older >room/image
                attempt -f raw -O \(format) --checksum bad/disk room/image
                """, in: scratch, mebibytes: 4)
            #expect(output.hasPrefix("status=1 left=image older=older\n"), "\(output)")
            #expect(output.contains("cannot read 'bad/disk': Input/output error"), "\(output)")
        }
    }

    @Test("a signal", .timeLimit(.minutes(1)), arguments: ["INT", "TERM", "HUP"])
    func interrupted(_ signal: String) async throws {
        try await withScratchDirectory { scratch in
            // Slow enough to be met halfway: the highest level on one thread; the hidden file tells that it has begun.
            let output = try run(
                """
                set +m; echo older >room/image; cp input one; for i in 1 2 3 4 5 6 7 8; do cat one; done >>input
                env --default-signal=INT,TERM,HUP "$INGOT" convert --threads 1 --compression zstd:19 input room/image &
                until [ -n "$(find room -name '.image.*')" ]; do sleep 0.02; done
                sleep 0.2; kill -\(signal) $!; status=0; wait $! || status=$?
                echo "status=$((status - 128)) left=$(ls -A room | xargs) older=$(cat room/image)"
                """, in: scratch)
            let number = ["INT": 2, "TERM": 15, "HUP": 1][signal] ?? 0
            #expect(output.contains("status=\(number) left=image older=older\n"), "\(output)")
        }
    }
}

/// Runs a program with its output in a file; its status.
private func runTool(_ name: String, _ arguments: [String], to file: FilePath) throws -> Int32 {
    let words = ([name] + arguments).map { "'\($0)'" }.joined(separator: " ")
    return try runTool("sh", ["-c", "\(words) >'\(file)'"]).status
}
