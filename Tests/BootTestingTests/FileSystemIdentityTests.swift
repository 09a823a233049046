import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

@Suite struct FileSystemIdentityTests {
    private func identity(_ script: String) async throws -> FileSystemIdentity? {
        try await withScratchDirectory { folder in
            let file = folder.appending("fs").string
            let result = try runTool("sh", ["-c", "truncate -s 320M '\(file)' && \(script) '\(file)'"])
            try #require(result.status == 0, "\(result.output)")
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            return FileSystemIdentity(
                head: [UInt8](try handle.read(upToCount: FileSystemIdentity.headLength) ?? Data()))
        }
    }

    private let uuid = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa"

    @Test(.requires(.tool("mkfs.ext4"))) func ext4IsReadAsMkfsMadeIt() async throws {
        let found = try await identity("mkfs.ext4 -q -L cloudimg-rootfs -U \(uuid)")
        #expect(found == FileSystemIdentity(kind: .ext, label: "cloudimg-rootfs", uuid: uuid))
        #expect(found?.rootArgument(hasInitrd: true) == "root=LABEL=cloudimg-rootfs")
        #expect(found?.rootArgument(hasInitrd: false) == nil)
    }

    @Test(.requires(.tool("mkfs.ext4"))) func withoutALabelTheIdentifierNamesTheRoot() async throws {
        #expect(try await identity("mkfs.ext4 -q -U \(uuid)")?.rootArgument(hasInitrd: true) == "root=UUID=\(uuid)")
    }

    @Test(.requires(.tool("mkfs.xfs"))) func xfsIsReadAsMkfsMadeIt() async throws {
        let found = try await identity("mkfs.xfs -q -L img-rootfs -m uuid=\(uuid)")
        #expect(found == FileSystemIdentity(kind: .xfs, label: "img-rootfs", uuid: uuid))
    }

    @Test(.requires(.tool("mkfs.btrfs"))) func btrfsIsReadAsMkfsMadeIt() async throws {
        let found = try await identity("mkfs.btrfs -q -L cloudimg-rootfs -U \(uuid)")
        #expect(found == FileSystemIdentity(kind: .btrfs, label: "cloudimg-rootfs", uuid: uuid))
    }

    @Test func otherBytesAreNone() {
        #expect(FileSystemIdentity(head: []) == nil)
        #expect(FileSystemIdentity(head: [UInt8](repeating: 0, count: FileSystemIdentity.headLength)) == nil)
    }
}
