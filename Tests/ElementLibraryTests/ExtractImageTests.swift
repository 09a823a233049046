import Foundation
import SystemPackage
import TestSupport
import Testing

/// `extract-image`: the system of a published disk image becomes the tree of a build.
@Suite(
    "extract-image",
    .requires(.root, .loopDevices, .tool("qemu-img"), .tool("sfdisk"), .tool("mkfs.ext4"), .tool("xz")))
struct ExtractImageTests {
    /// A GPT with a BIOS partition, a boot partition and a root partition that holds a hard link and a symbolic one.
    private static let makeDisk = """
        set -eu
        cd "$1"
        mkdir -p tree/etc tree/boot boot
        echo hello > tree/etc/issue
        ln tree/etc/issue tree/etc/hard
        ln -s etc/issue tree/link
        echo kernel > boot/vmlinuz
        truncate -s 64M disk.raw
        printf 'label: gpt\\nstart=2048,size=1MiB,type=21686148-6449-6E6F-744E-656564454649,name=BSP\\n' > table
        printf 'size=16MiB,type=bc13c2ff-59e6-4262-a352-b275fd6f7172\\ntype=L,name="root, start=1"\\n' >> table
        sfdisk --quiet disk.raw < table
        mkfs.ext4 -q -d boot -E offset=$((4096 * 512)) disk.raw 12M
        mkfs.ext4 -q -d tree -E offset=$((36864 * 512)) disk.raw 40M
        qemu-img convert -O qcow2 disk.raw disk.qcow2
        xz -1 -k disk.raw
        """

    @Test(
        "partitions are told apart by type, whatever the image is packed in", arguments: ["disk.qcow2", "disk.raw.xz"])
    func extract(name: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["sysprep", "cache-url"], environment: ["INGOT": Checkout.ingot.string])
            let made = try runTool("/bin/bash", ["-c", Self.makeDisk, "make", scratch.string])
            try #require(made.status == 0, "\(made.output)")
            let arguments = [name, "disk.tgz", "file://\(scratch)/\(name)", bench.cache.appending(name).string]
            let first = try bench.runOutside("bin/extract-image", arguments)
            #expect(first.status == 0, "\(first.output)")
            #expect(try bench.rootText("/etc/issue") == "hello\n")
            #expect(try bench.rootText("/boot/vmlinuz") == "kernel\n")
            let links = try FileManager.default.attributesOfItem(atPath: bench.rootPath("/etc/hard").string)[
                .referenceCount]
            #expect(links as? Int == 2)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: bench.rootPath("/link").string) == "etc/issue"
            )
            var offline = bench
            offline.environment["DIB_OFFLINE"] = "1"
            #expect(try offline.runOutside("bin/extract-image", arguments).status == 0)
            try FileManager.default.removeItem(atPath: arguments[3])
            let missing = try offline.runOutside("bin/extract-image", arguments)
            #expect(missing.output == "extract-image: there is no image '\(arguments[3])'\n")
            #expect(missing.status == 1)
        }
    }

    @Test("an image without a filesystem is refused, and nothing stays mounted")
    func refuse() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["sysprep", "cache-url"], environment: ["INGOT": Checkout.ingot.string])
            try write(String(repeating: "\0", count: 1 << 20), to: scratch.appending("empty.raw"))
            let result = try bench.runOutside(
                "bin/extract-image",
                ["empty.raw", "e.tgz", "file://\(scratch)/empty.raw", bench.cache.appending("empty.raw").string])
            #expect(result.status == 1)
            #expect(
                result.output.contains(
                    "cannot unpack '\(bench.cache)/empty.raw': it holds no file system with a system"))
            #expect(try readText("/proc/mounts").contains(scratch.string) == false)
        }
    }
}
