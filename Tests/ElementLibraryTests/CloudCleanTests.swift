import Foundation
import SystemPackage
import TestSupport
import Testing

/// What `cloud-ready` takes out of an image, and what it does not let pass.
@Suite("An image for many machines", .requires(.root))
struct CloudCleanTests {
    private static let variables = ["DIB_CLOUD_READY_USER": "", "DIB_CLOUD_READY_KEEP_USERS": ""]

    @Test("what belongs to one machine goes; what the builder has set stays")
    func clean() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["cloud-ready"], environment: Self.variables)
            let gone = [
                "/etc/udev/rules.d/70-persistent-net.rules", "/var/lib/dhcp/dhclient.eth0.leases",
                "/var/lib/systemd/random-seed", "/var/lib/cloud/instances/i-1/user-data.txt", "/root/.bash_history",
                "/etc/systemd/network/10-eth0.link",
            ]
            for path in gone { try bench.place("[Match]\nMACAddress=52:54:00:12:34:56\n", at: path) }
            let kept = [
                "/etc/udev/rules.d/60-mine.rules", "/etc/systemd/network/20-virtio.link",
                "/var/lib/cloud/seed/nocloud/user-data", "/etc/sysconfig/network-scripts/ifcfg-eth0",
            ]
            for path in kept { try bench.place("DEVICE=eth0\nHWADDR=52:54:00:12:34:56\n", at: path) }
            try FileManager.default.createDirectory(
                atPath: bench.root.appending("usr/lib/systemd").string, withIntermediateDirectories: true)
            let result = try bench.runInside("finalise.d/60-cloud-ready-clean")
            #expect(result.status == 0, "\(result.output)")
            #expect(gone.filter(bench.exists) == [])
            #expect(kept.filter { !bench.exists($0) } == [])
            #expect(try bench.rootText(kept[3]) == "DEVICE=eth0\n")
            #expect(bench.exists("/etc/.updated") && bench.exists("/var/.updated"))
        }
    }

    @Test(
        "what two machines must not share fails the build at its end",
        arguments: [
            ("etc/hostname", "x\n", nil), ("etc/machine-id", "uninitialized\n", nil), ("etc/machine-id", "", nil),
            ("etc/machine-id", "0123456789abcdef0123456789abcdef\n", "a machine identifier in '/etc/machine-id'"),
            ("etc/ssh/ssh_host_ed25519_key", "k", "the SSH host key '/etc/ssh/ssh_host_ed25519_key'"),
            ("etc/udev/rules.d/70-persistent-net.rules", "", "rules for the interfaces"),
        ] as [(String, String, String?)])
    func lastCheck(file: String, text: String, message: String?) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["cloud-ready"], environment: Self.variables)
            try write(text, to: bench.root.pushing(FilePath(file)))
            let result = try bench.runOutside("cleanup.d/95-cloud-ready-check")
            #expect(result.status == (message == nil ? 0 : 1))
            #expect(message.map { result.output.contains($0) } ?? true, "\(result.output)")
        }
    }

    @Test(
        "the root has to be the last partition of its disk", .requires(.loopDevices),
        arguments: [("mbr", [1, 2], 1, Int32(0)), ("mbr", [1, 2], 0, 1), ("", [1, 2], 0, 0), ("gpt", [1], 0, 0)])
    func layout(device: String, mebibytes: [Int], root: Int, status: Int32) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["cloud-ready"],
                environment: Self.variables.merging(["DIB_BLOCK_DEVICE": device]) { $1 })
            // Loop devices over parts of one file, as a build has them; they vanish with the shell's last file of theirs.
            try bench.fake("findmnt", "cat '\(scratch)/root-device'")
            let script = """
                set -eu
                truncate -s 8M disk
                devices=()
                trap 'losetup --detach "${devices[@]}"' EXIT
                for offset in \(mebibytes.map { "\($0)" }.joined(separator: " ")); do
                    devices+=("$(losetup --find --show --offset $((offset * 1048576)) --sizelimit 1048576 disk)")
                done
                echo "${devices[\(root)]}" > root-device
                status=0
                '\(bench.hooks)/pre-finalise.d/60-cloud-ready-disk' || status=$?
                exit $status
                """
            var variables = bench.environment
            variables["PATH"] = "\(bench.tools):/usr/sbin:/usr/bin:/sbin:/bin"
            let result = try runTool("bash", ["-c", script], environment: variables, directory: scratch.string)
            #expect(result.status == status, "\(result.output)")
            #expect((status == 0) != result.output.contains("put the root last"), "\(result.output)")
        }
    }
}
