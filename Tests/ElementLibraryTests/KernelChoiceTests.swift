import Foundation
import SystemPackage
import TestSupport
import Testing

/// `select-boot-kernel-initrd` and `cleanup-kernel-initrd`: one kernel of several.
@Suite("choice of a kernel", .requires(.root))
struct KernelChoiceTests {
    private func bench(_ scratch: FilePath, _ element: String, _ names: [String], marker: String) throws -> HookBench {
        let bench = try HookBench(scratch, elements: [element])
        try bench.place("12\n", at: "/etc/\(marker)")
        for name in names { try bench.place(name, at: "/boot/\(name)") }
        return bench
    }

    @Test("the program in the image prints both names, and is of no use afterwards")
    func select() async throws {
        try await withScratchDirectory { scratch in
            let bench = try bench(
                scratch, "select-boot-kernel-initrd",
                [
                    "vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-10-amd64", "initrd.img-6.1.0-9-amd64",
                    "initrd.img-6.1.0-10-amd64",
                ],
                marker: "debian_version")
            let outside = try bench.runInside("bin/select-boot-kernel-initrd")
            #expect(outside.status == 1 && outside.output.hasSuffix("is there during a build only\n"))
            #expect(try bench.runOutside("extra-data.d/99-copy-dib-img-functions", mounted: true).output == "")
            let inside = try bench.runInside("bin/select-boot-kernel-initrd")
            #expect(inside == ToolResult(status: 0, output: "vmlinuz-6.1.0-10-amd64:initrd.img-6.1.0-10-amd64\n"))
            #expect(try bench.runOutside("cleanup.d/99-remove-dib-img-functions", mounted: true).output == "")
            #expect(try bench.runInside("bin/select-boot-kernel-initrd").status == 1)
        }
    }

    @Test("kernels of other versions go with all that is theirs; debug kernels and similar names stay")
    func cleanUp() async throws {
        try await withScratchDirectory { scratch in
            let kept = [
                "vmlinuz-6.1.0-10-amd64", "initrd.img-6.1.0-10-amd64", "config-6.1.0-10-amd64",
                "System.map-6.1.0-10-amd64",
                "vmlinuz-6.1.0-3-debug", "grub.txt", "config-6.1.0-1-amd64x",
            ]
            let gone = [
                "vmlinuz-6.1.0-1-amd64", "initrd.img-6.1.0-1-amd64", "config-6.1.0-1-amd64", "System.map-6.1.0-1-amd64",
                "initrd.img-6.1.0-1-amd64.old-dkms",
            ]
            let bench = try bench(scratch, "cleanup-kernel-initrd", kept + gone, marker: "debian_version")
            let result = try bench.runOutside("cleanup.d/99-cleanup-kernel-initrd")
            #expect(result == ToolResult(status: 0, output: "Removing kernel 6.1.0-1-amd64\n"))
            let left = try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/boot").string)
            #expect(left.sorted() == kept.sorted())
        }
    }

    @Test("Alpine's kernels are known by their flavours")
    func alpine() async throws {
        try await withScratchDirectory { scratch in
            let bench = try bench(
                scratch, "select-boot-kernel-initrd", ["vmlinuz-virt", "initramfs-virt", "config-6.12-virt"],
                marker: "alpine-release")
            _ = try bench.runOutside("extra-data.d/99-copy-dib-img-functions", mounted: true)
            let result = try bench.runInside("bin/select-boot-kernel-initrd")
            #expect(result == ToolResult(status: 0, output: "vmlinuz-virt:initramfs-virt\n"))
        }
    }

    @Test("a kernel parameter is written once; a contradiction is an error")
    func parameters() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["sysctl"])
            func set(_ program: String, _ arguments: String...) throws -> ToolResult {
                try bench.runInside("bin/\(program)", arguments)
            }
            #expect(try set("sysctl-write-value", "net.ipv4.ip_forward", "1", "for routers").output == "")
            #expect(
                try bench.rootText("/etc/sysctl.d/net.ipv4.ip_forward.conf")
                    == "# for routers\nnet.ipv4.ip_forward = 1\n")
            #expect(try set("sysctl-set-value", "net.ipv4.ip_forward", "1").status == 0)
            #expect(try bench.rootText("/etc/sysctl.d/net.ipv4.ip_forward.conf") == "net.ipv4.ip_forward = 1\n")
            let contradiction = try set("sysctl-write-value", "net.ipv4.ip_forward", "0")
            #expect(contradiction.status == 1)
            #expect(
                contradiction.output
                    == "sysctl: '/etc/sysctl.d/net.ipv4.ip_forward.conf' has net.ipv4.ip_forward = 1, but '0' is asked for\n"
            )
            let unknown = try set("sysctl-set-value", "net.ipv4.no_such_thing", "0")
            #expect(
                unknown
                    == ToolResult(status: 1, output: "sysctl: the kernel knows no parameter 'net.ipv4.no_such_thing'\n")
            )
        }
    }
}
