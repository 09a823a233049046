import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@Suite struct FilesystemSignatureTests {
    private static let uuid = "0d9ed3b1-7a2c-4b8e-8d35-9b1f5a7e1234"

    @Test(
        .requires(.tool("mkfs.ext4"), .tool("mkfs.xfs"), .tool("mkfs.btrfs"), .tool("mkfs.vfat")),
        arguments: [
            (["mkfs.ext4", "-q", "-L", "a label", "-U", uuid], "ext4", "a label", uuid),
            (["mkfs.ext2", "-q", "-L", "x", "-U", uuid], "ext2", "x", uuid),
            (["mkfs.xfs", "-q", "-L", "x", "-m", "uuid=\(uuid)"], "xfs", "x", uuid),
            (["mkfs.btrfs", "-q", "-L", "x", "-U", uuid], "btrfs", "x", uuid),
            (["mkfs.vfat", "-n", "ESP", "-i", "1234abcd"], "vfat", "ESP", "1234-ABCD"),
            (["mkswap", "-L", "x", "-U", uuid], "swap", "x", uuid),
        ])
    func whatMkfsHasMadeIsFound(words: [String], type: String, label: String, uuid: String) async throws {
        try await withScratchDirectory { (directory: FilePath) throws in
            let file = directory.appending("disk")
            #expect(try runTool("truncate", ["-s", "400M", file.string]).status == 0)
            #expect(try runTool("/usr/sbin/" + words[0], words.dropFirst() + [file.string]).status == 0)
            let expected = FilesystemSignature(type: type, label: label, uuid: uuid)
            #expect(try FilesystemSignature.probe(file) == expected)
            // The same behind something else, as in an image.
            let image = directory.appending("image")
            let copy = ["if=\(file)", "of=\(image)", "bs=1M", "seek=3", "conv=sparse"]
            #expect(try runTool("dd", copy).status == 0)
            #expect(try FilesystemSignature.probe(image, offset: 3 << 20) == expected)
            #expect(try FilesystemSignature.probe(image, offset: 0, size: 3 << 20) == nil)
        }
    }

    @Test func nothingIsNoError() async throws {
        try await withScratchDirectory { (directory: FilePath) throws in
            let file = directory.appending("zeroes")
            try Data(count: 1 << 20).write(to: URL(filePath: file.string))
            #expect(try FilesystemSignature.probe(file) == nil)
            let error = #expect(throws: SystemError.self) {
                try FilesystemSignature.probe(directory.appending("missing"))
            }
            #expect(error?.description.hasSuffix("No such file or directory") == true)
        }
    }
}
