import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.requires(.root, .loopDevices), .timeLimit(.minutes(2)))
    struct LoopDeviceTests {
        /// A file of `mebibytes`, whose every 512-byte sector holds its own number.
        private func numberedFile(_ path: FilePath, mebibytes: Int = 2) throws {
            var bytes = [UInt8](repeating: 0, count: mebibytes << 20)
            for sector in 0..<(bytes.count / 512) { bytes[sector * 512] = UInt8(sector & 0xFF) }
            try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        }

        private func read(_ path: FilePath, at offset: Int64, count: Int) throws -> [UInt8] {
            let file = try FileDescriptor.open(path, .readOnly)
            return try file.closeAfter {
                try [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
                    length = try file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
        }

        private func size(of device: LoopDevice) throws -> String {
            try runTool("blockdev", ["--getsize64", device.path.string]).output.trimmingCharacters(in: .newlines)
        }

        private func isListed(_ file: FilePath) throws -> Bool {
            try runTool("losetup", ["-j", file.string]).output.contains("/dev/loop")
        }

        @Test func theWindowShowsItsPartOfTheFile() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let device = try LoopDevice.attach(file, offset: 512 * 5, size: 512 * 7)
                #expect(try size(of: device) == "\(512 * 7)")
                #expect(try read(device.path, at: 0, count: 1) == [5])
                #expect(try read(device.path, at: 512 * 6, count: 1) == [11])
                let listed = try runTool(
                    "losetup", ["-nO", "AUTOCLEAR,OFFSET,SIZELIMIT,BACK-FILE", device.path.string]
                )
                .output
                #expect(listed.split { $0.isWhitespace } == ["1", "2560", "3584", Substring(file.string)])
                try device.detach()
                #expect(try !isListed(file))
            }
        }

        @Test func whatIsWrittenIsInTheFileAfterDetaching() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let device = try LoopDevice.attach(file, offset: 1 << 20)
                let opened = try FileDescriptor.open(device.path, .writeOnly)
                _ = try opened.closeAfter { try opened.writeAll("hello".utf8) }
                try device.detach()
                #expect(try read(file, at: 1 << 20, count: 5) == Array("hello".utf8))
            }
        }

        struct Refusal: Sendable, CustomTestStringConvertible {
            let offset: UInt64
            let size: UInt64?
            let reason: String
            var testDescription: String { reason }
        }

        @Test(arguments: [
            Refusal(offset: 100, size: 512, reason: "offset 100 and size 512 are not multiples of the sector size 512"),
            Refusal(
                offset: 512, size: 2 << 20,
                reason: "the window of 2097152 bytes at 512 is not within the file of 2097152 bytes"),
            Refusal(
                offset: 4 << 20, size: nil,
                reason: "the window of 0 bytes at 4194304 is not within the file of 2097152 bytes"),
            Refusal(offset: 0, size: 0, reason: "the window of 0 bytes at 0 is not within the file of 2097152 bytes"),
        ])
        func aWindowThatTheKernelWouldCutIsRefused(_ refusal: Refusal) async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let error = #expect(throws: SystemError.self) {
                    try LoopDevice.attach(file, offset: refusal.offset, size: refusal.size)
                }
                #expect(error?.description == "cannot attach loop device to '\(file)': \(refusal.reason)")
            }
        }

        @Test func aMissingFileIsSaidSo() {
            let error = #expect(throws: SystemError.self) { try LoopDevice.attach("/ingot/no/such") }
            #expect(error?.description == "cannot attach loop device to '/ingot/no/such': No such file or directory")
        }

        @Test func detachingTwiceIsDetachingOnce() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let device = try LoopDevice.attach(file)
                try device.detach()
                try device.detach()
            }
        }

        @Test func aDeviceInUseIsReportedWithItsUserAndClearsLater() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let device = try LoopDevice.attach(file)
                let reader = try FileDescriptor.open(device.path, .readOnly)
                let error = #expect(throws: SystemError.self) { try device.detach(patience: .milliseconds(50)) }
                #expect(error?.code == .resourceBusy)
                #expect(error?.reason.contains("(\(getpid()))") == true)
                try reader.close()
                #expect(try await eventually { try !isListed(file) })
            }
        }

        @Test func aForgottenDeviceClearsItself() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                do { _ = try LoopDevice.attach(file).number }
                #expect(try await eventually { try !isListed(file) })
            }
        }

        @Test func aReadOnlyDeviceCannotBeWritten() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let device = try LoopDevice.attach(file, readOnly: true)
                #expect(try runTool("blockdev", ["--getro", device.path.string]).output == "1\n")
                try device.detach()
            }
        }

        @Test func manyAtOnceGetADeviceEach() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                try numberedFile(file)
                let devices = try await withThrowingTaskGroup(of: LoopDevice.self) { group in
                    for index in 0..<12 {
                        group.addTask { try LoopDevice.attach(file, offset: UInt64(index) * 512, size: 512) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(devices.map(\.number)).count == 12)
                for device in devices { try device.detach() }
                #expect(try !isListed(file))
            }
        }

        @Test func partitionsOfAFileCarryFilesystems() async throws {
            try await withScratchDirectory { folder in
                let file = folder.appending("disk")
                _ = try runTool("truncate", ["-s", "64M", file.string])
                let target = folder.appending("mnt")
                try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: false)
                let device = try LoopDevice.attach(file, offset: 1 << 20, size: 48 << 20)
                #expect(try runTool("mkfs.ext4", ["-q", device.path.string]).status == 0)
                let mount = Mount(source: device.path.string, target: target, type: "ext4")
                try mount.attach()
                try Data(repeating: 7, count: 20 << 20).write(to: URL(fileURLWithPath: target.appending("file").string))
                try MountedFilesystem.synchronise(target)
                let full = try DiskUsage.measure(file).allocated
                try FileManager.default.removeItem(atPath: target.appending("file").string)
                try MountedFilesystem.synchronise(target)
                // What was deleted becomes holes of the file, where the filesystem below can punch them.
                #expect(try MountedFilesystem.trim(target) ?? .zero > .mebibytes(20))
                #expect(try DiskUsage.measure(file).allocated.bytes + (20 << 20) <= full.bytes)
                try mount.detach()
                try device.detach()
                #expect(try runTool("e2fsck", ["-fn", "\(file)?offset=1048576"]).status == 0)
            }
        }
    }
}
