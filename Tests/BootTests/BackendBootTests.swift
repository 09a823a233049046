import Foundation
import SystemPackage
import TestSupport
import Testing

/// Real images of Debian, made with and without privileges, with and without devices.
@Suite(
    .serialized,
    .requires(.optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap")),
    .requiresOrdinaryUsers, .timeLimit(.minutes(40)))
struct BackendBootTests {
    private static let elements = ["debian-minimal", "vm", "block-device-efi"]

    private func variables(_ folder: FilePath, _ more: [String: String] = [:]) -> [String: String] {
        ProcessInfo.processInfo.environment.merging(
            [
                "TMPDIR": folder.string, "DIB_DEBUG_TRACE": "0", "SOURCE_DATE_EPOCH": "1790000000",
            ].merging(more) { _, new in new }
        ) { _, new in new }
    }

    /// The element's own disk, and one whose root is a btrfs.
    private static let layouts: [String: [String: String]] = [
        "ext4": [:],
        "btrfs": [
            "DIB_BLOCK_DEVICE_CONFIG": """
            - local_loop: {name: image0}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: ESP, type: EF00, size: 64MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
                  - {name: BSP, type: EF02, size: 1MiB}
                  - {name: root, type: "8300", size: 100%, mkfs: {type: btrfs, mount: {mount_point: /, fstab: {}}}}
            """
        ],
    ]

    /// In a directory of the user's, which the image is written to.
    private func buildAsUser(
        _ user: ThrowawayUser, format: String, _ more: [String: String] = [:]
    ) throws -> FilePath {
        let words = user.words(
            Checkout.ingot.string, ["build", "--no-cache", "--plain", "-t", format, "-o", "d"] + Self.elements)
        let result = try runTool(
            words[0], Array(words.dropFirst()), environment: variables(user.home, more), directory: user.home.string)
        try #require(result.status == 0, "\(result.output.suffix(4000))")
        let image = user.home.appending("d.\(format)")
        #expect(try image.stat().userID.rawValue == user.identifier)
        return image
    }

    @Test("what an ordinary user builds without devices starts under every firmware", .timeLimit(.minutes(30)))
    func rootlessImageBoots() async throws {
        try await withThrowawayUser { user in
            let image = try buildAsUser(user, format: "qcow2").string
            #expect(try runTool("qemu-img", ["check", image]).status == 0)
            for options in [["bios"], ["uefi"], ["secure-boot", "--level", "system"]] {
                let result = try runTool(
                    Checkout.ingot.string, ["boot-test", "--timeout", "900", "--firmware"] + options + [image])
                #expect(result.status == 0, "\(options): \(result.output.suffix(4000))")
                #expect(result.output.contains("(\(options[0]), "))
            }
        }
    }

    @Test(
        "with the same arguments, loop devices give the same tree, and nobody's privileges matter",
        .requires(.optIn("INGOT_LONG_TESTS"), .tool("python3"), .tool("partx"), .tool("mkfs.btrfs")),
        arguments: layouts.keys.sorted())
    func sameImages(root: String) async throws {
        let layout = Self.layouts[root] ?? [:]
        try await withScratchDirectory(in: "/var/tmp") { scratch in
            var images: [String: FilePath] = [:]
            for backend in ["loop", "file"] {
                let folder = scratch.appending(backend)
                try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
                let options = ["build", "--no-cache", "--plain", "-t", "raw", "-o", "d"]
                let result = try runTool(
                    Checkout.ingot.string, options + Self.elements,
                    environment: variables(folder, layout.merging(["INGOT_BACKEND": backend]) { $1 }),
                    directory: folder.string)
                try #require(result.status == 0, "\(result.output.suffix(4000))")
                images[backend] = folder.appending("d.raw")
            }
            let (loop, file) = (try #require(images["loop"]), try #require(images["file"]))
            try await withThrowawayUser { user in
                let own = try buildAsUser(user, format: "raw", layout)
                #expect(try runTool("cmp", [own.string, file.string]) == ToolResult(status: 0, output: ""))
            }
            let (mounted, written) = (try manifest(loop), try manifest(file))
            #expect(mounted.count > 5000)
            let differences = mounted.symmetricDifference(written).sorted()
            #expect(differences.isEmpty, "\(differences.prefix(20))")
        }
    }

    /// Path, mode, owner, number, links, attributes and contents of all that is on the root file system.
    private func manifest(_ image: FilePath) throws -> Set<String> {
        let script = """
            import hashlib, os, stat, sys
            os.chdir(sys.argv[1])
            for folder, folders, files in os.walk("."):
                for name in sorted(folders + files) + ["."] * (folder == "."):
                    path = os.path.join(folder, name)
                    s = os.lstat(path)
                    data = os.readlink(path) if stat.S_ISLNK(s.st_mode) else ""
                    if stat.S_ISREG(s.st_mode): data = hashlib.sha256(open(path, "rb").read()).hexdigest()
                    attributes = [(n, os.getxattr(path, n, follow_symlinks=False).hex()) for n in sorted(os.listxattr(path, follow_symlinks=False))]
                    links = s.st_nlink if not stat.S_ISDIR(s.st_mode) else 0
                    print(ascii(path), oct(s.st_mode), s.st_uid, s.st_gid, s.st_rdev, links, data, attributes)
            """
        let mounting = """
            start=$(partx -rgbo START,TYPE "$1" | awk '$2 != "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" { last = $1 } END { print last }')
            folder=$(mktemp -d); mount -o "ro,loop,offset=$((start * 512))" "$1" "$folder"; python3 -c "$2" "$folder"
            umount "$folder"; rmdir "$folder"
            """
        let result = try runTool(
            "unshare",
            ["--mount", "--propagation", "slave", "bash", "-euc", mounting, "manifest", image.string, script])
        try #require(result.status == 0, "\(result.output.suffix(2000))")
        return Set(result.output.split(separator: "\n").map(String.init))
    }
}
