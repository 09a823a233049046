import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct BootCodeInstallTests {
    private func write(_ bytes: [UInt8], to path: FilePath) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
    }

    private func bytes(_ path: FilePath, _ range: Range<Int>) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path.string))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(range.lowerBound))
        return [UInt8](try file.read(upToCount: range.count) ?? Data())
    }

    /// A sparse disk of 64 MiB, partitioned by sfdisk.
    private func makeDisk(_ script: String, in folder: FilePath) throws -> FilePath {
        let disk = folder.appending("disk")
        let layout = folder.appending("layout")
        try write(Array(script.utf8), to: layout)
        let result = try runTool("sh", ["-c", "truncate -s 64M '\(disk)' && sfdisk -q '\(disk)' < '\(layout)'"])
        try #require(result.status == 0, "\(result.output)")
        return disk
    }

    private func install(on disk: FilePath, core: [UInt8] = SampleBootCode.coreImage()) throws -> GrubBootCode {
        let folder = disk.removingLastComponent()
        try write(SampleBootCode.bootImage, to: folder.appending("boot.img"))
        try write(core, to: folder.appending("core.img"))
        return try GrubBootCode.install(
            bootImage: folder.appending("boot.img"), coreImage: folder.appending("core.img"), disk: disk)
    }

    @Test(
        .requires(.tool("sfdisk")),
        arguments: [
            ("label: dos\nlabel-id: 0x12345678\nstart=2048, type=83, bootable\n", 1),
            (
                """
                label: gpt
                start=4096, type=L
                start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649

                """, 2048
            ),
        ] as [(String, Int)])
    func theDiskHoldsTheBootCodeAndKeepsEverythingElse(script: String, first: Int) async throws {
        try await withScratchDirectory { folder in
            let disk = try makeDisk(script, in: folder)
            let table = try runTool("sfdisk", ["-d", disk.string])
            var expected = try bytes(disk, 0..<(4 << 20))
            let code = try install(on: disk)
            expected.replaceSubrange(0..<512, with: code.bootSector)
            expected.replaceSubrange((first * 512)..<(first * 512 + code.core.count), with: code.core)
            #expect(try bytes(disk, 0..<(4 << 20)) == expected)
            #expect(code.area.firstSector == UInt64(first))
            #expect(try runTool("sfdisk", ["-d", disk.string]).output == table.output)
            #expect(try install(on: disk) == code)
        }
    }

    @Test(
        .requires(.tool("sfdisk")),
        arguments: [
            (
                "label: dos\nstart=3, type=83\n",
                "cannot place GRUB's boot code: core.img needs 3 sectors, and 2 are free"
            ),
            ("label: gpt\nstart=2048, type=L\n", "cannot find room for boot code: the GPT has no BIOS boot partition"),
            ("label: dos\n", "cannot find room for boot code: the MBR has no partition"),
        ])
    func anUnsuitableDiskIsLeftAsItIs(script: String, message: String) async throws {
        try await withScratchDirectory { folder in
            let disk = try makeDisk(script, in: folder)
            let before = try bytes(disk, 0..<(4 << 20))
            let error = #expect(throws: DiskFormatError.self) { try install(on: disk) }
            #expect(error?.description.hasPrefix(message) == true)
            #expect(try bytes(disk, 0..<(4 << 20)) == before)
        }
    }

    @Test func aFileSystemWithoutPartitionTableIsRefused() async throws {
        try await withScratchDirectory { folder in
            let disk = folder.appending("disk")
            try write([UInt8](repeating: 0, count: 4096), to: disk)
            let error = #expect(throws: DiskFormatError.self) { try install(on: disk) }
            #expect(error?.description == "cannot read the partition table: there is none in sector 0")
        }
    }

    @Test func aMissingDiskIsNotCreated() async throws {
        try await withScratchDirectory { folder in
            let disk = folder.appending("none")
            let error = #expect(throws: DiskFormatError.self) { try install(on: disk) }
            #expect(error?.description == "cannot open '\(disk)': No such file or directory")
            #expect(!FileManager.default.fileExists(atPath: disk.string))
        }
    }

    @Test(.requires(.root, .loopDevices, .tool("sfdisk"), .tool("losetup")))
    func aLoopDeviceIsWrittenThroughToItsFile() async throws {
        try await withScratchDirectory { folder in
            let disk = try makeDisk("label: dos\nstart=2048, type=83\n", in: folder)
            let attached = try runTool("losetup", ["-f", "--show", disk.string])
            let device = attached.output.trimmingCharacters(in: .whitespacesAndNewlines)
            try #require(attached.status == 0, "\(attached.output)")
            defer { _ = try? runTool("losetup", ["-d", device]) }
            try write(SampleBootCode.bootImage, to: folder.appending("boot.img"))
            try write(SampleBootCode.coreImage(), to: folder.appending("core.img"))
            let code = try GrubBootCode.install(
                bootImage: folder.appending("boot.img"), coreImage: folder.appending("core.img"),
                disk: FilePath(device))
            #expect(try bytes(disk, 0..<(512 + code.core.count)) == code.bootSector + code.core)
        }
    }
}
