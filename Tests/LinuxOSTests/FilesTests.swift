import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.timeLimit(.minutes(2)))
    struct FilesTests {
        private func names(_ folder: FilePath) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
        }

        private func text(_ path: FilePath) throws -> String {
            try String(contentsOfFile: path.string, encoding: .utf8)
        }

        // MARK: temporary directories

        @Test func aTemporaryDirectoryIsPrivateAndGoesWithItsContents() async throws {
            try await withScratchDirectory { folder in
                let directory = try TemporaryDirectory.create(in: folder, prefix: "dib_build.")
                #expect(directory.path.lastComponent?.string.hasPrefix("dib_build.") == true)
                #expect(directory.path.lastComponent?.string.count == "dib_build.XXXXXXXX".count)
                let attributes = try FileManager.default.attributesOfItem(atPath: directory.path.string)
                #expect(attributes[.posixPermissions] as? Int == 0o700)
                try Data().write(to: URL(fileURLWithPath: directory.path.appending("file").string))
                try directory.remove()
                try directory.remove()
                #expect(try names(folder).isEmpty)
            }
        }

        @Test(.requires(.root)) func onlyDeadDirectoriesOfOursAreSwept() async throws {
            try await withScratchDirectory { folder in
                let alive = try TemporaryDirectory.create(in: folder, prefix: "dib_build.")
                _ = try runTool("mkdir", ["-m", "700", folder.appending("dib_build.foreign").string])
                // A directory whose owner died: made, marked and unlocked.
                let dead: FilePath
                do { dead = try TemporaryDirectory.create(in: folder, prefix: "dib_build.").path }
                _ = try runTool("touch", [dead.appending("file").string])
                #expect(TemporaryDirectory.sweep(folder, prefix: "dib_image.").isEmpty)
                #expect(TemporaryDirectory.sweep(folder, prefix: "dib_build.") == [dead])
                #expect(try names(folder) == [alive.path.lastComponent?.string ?? "", "dib_build.foreign"].sorted())
                try alive.remove()
            }
        }

        @Test func creatingWhereThereIsNoFolderSaysSo() {
            let error = #expect(throws: SystemError.self) {
                try TemporaryDirectory.create(in: "/ingot/no/such", prefix: "dib_build.")
            }
            #expect(
                error?.description == "cannot make a temporary directory in '/ingot/no/such': No such file or directory"
            )
        }

        // MARK: locks

        @Test func aLockIsHeldByOneAtATime() async throws {
            try await withScratchDirectory { folder in
                let path = folder.appending("lock")
                let first = try await FileLock.acquire(path, patience: .zero)
                let error = await #expect(throws: SystemError.self) {
                    try await FileLock.acquire(path, patience: .milliseconds(30))
                }
                #expect(error?.code == .wouldBlock)
                let waits = Lines()
                let second = Task { try await FileLock.acquire(path, patience: .seconds(10)) { waits.add("waiting") } }
                #expect(await eventually { waits.all == ["waiting"] })
                first.release()
                try await second.value.release()
            }
        }

        @Test func sharedLocksShare() async throws {
            try await withScratchDirectory { folder in
                let path = folder.appending("lock")
                let locks = [
                    try await FileLock.acquire(path, shared: true, patience: .zero),
                    try await FileLock.acquire(path, shared: true, patience: .zero),
                ]
                await #expect(throws: SystemError.self) { try await FileLock.acquire(path, patience: .zero) }
                for lock in locks { lock.release() }
            }
        }

        // MARK: atomic files

        @Test func aFileIsReplacedAsAWholeOrNotAtAll() async throws {
            try await withScratchDirectory { folder in
                let path = folder.appending("debian.qcow2")
                try AtomicFile.write("old".utf8, to: path, permissions: [.ownerReadWrite])
                let file = try AtomicFile(replacing: path)
                try Data("new".utf8).write(to: URL(fileURLWithPath: file.temporaryPath.string))
                #expect(try text(path) == "old")
                #expect(file.temporaryPath.removingLastComponent() == folder)
                try file.commit()
                #expect(try text(path) == "new")
                let given = try AtomicFile(replacing: path)
                try given.discard()
                #expect(try names(folder) == ["debian.qcow2"])
                #expect(try text(path) == "new")
            }
        }

        @Test func aFailedWriteLeavesNothing() async throws {
            try await withScratchDirectory { folder in
                let path = folder.appending("dir")
                _ = try runTool("mkdir", ["-p", path.appending("full").string])
                #expect(throws: SystemError.self) { try AtomicFile.write("x".utf8, to: path) }
                #expect(try names(folder) == ["dir"])
            }
        }

        // MARK: sizes

        @Test func usageIsWhatDuSays() async throws {
            for path in ["/etc", "/usr/share/doc"] {
                let du = try runTool("du", ["-a", "-c", "-x", path]).output.split(separator: "\n").last?.split(
                    separator: "\t"
                ).first
                #expect(try du.flatMap { UInt64($0) } == DiskUsage.measure(FilePath(path)).kibibytes)
            }
        }

        @Test func hardLinksCountOnceAndHolesNotAtAll() async throws {
            try await withScratchDirectory { folder in
                _ = try runTool(
                    "sh",
                    [
                        "-c",
                        "head -c 1000000 /dev/urandom > a; ln a b; mkdir d; ln a d/c; truncate -s 1G hole; ln -s a link; sync -f a",
                    ],
                    directory: folder.string)
                let usage = try DiskUsage.measure(folder, listing: .kibibytes(900))
                let du = try runTool("du", ["-s", folder.string]).output.split(separator: "\t").first
                #expect(du.map(String.init) == "\(usage.kibibytes)")
                #expect(
                    usage.apparent == ByteCount(1_000_000 + 1 << 30 + 1)
                        || usage.apparent == ByteCount(1_000_001 + (1 << 30)))
                #expect(usage.inodes == 5)
                #expect(usage.entries.count == 2)
                #expect(usage.entries.last == DiskUsage.Entry(path: folder, allocated: usage.allocated))
            }
        }

        @Test(.requires(.root)) func otherFilesystemsAreNotMeasured() async throws {
            try await withScratchDirectory { folder in
                let target = folder.appending("m")
                _ = try runTool("mkdir", [target.string])
                let mount = Mount(source: "ingot", target: target, type: "tmpfs")
                try mount.attach()
                _ = try runTool("dd", ["if=/dev/zero", "of=\(target)/big", "bs=1M", "count=8"])
                let du = try runTool("du", ["-acx", folder.string]).output.split(separator: "\n").last?.split(
                    separator: "\t"
                ).first
                let usage = try DiskUsage.measure(folder)
                try mount.detach()
                #expect(du.map(String.init) == "\(usage.kibibytes)")
                #expect(usage.allocated < .mebibytes(1))
            }
        }

        @Test func measuringNothingSaysSo() {
            let error = #expect(throws: SystemError.self) { try DiskUsage.measure("/ingot/no/such") }
            #expect(error?.description == "cannot measure '/ingot/no/such': No such file or directory")
        }

        @Test func spaceIsWhatDfSays() async throws {
            let space = try FilesystemSpace.of("/")
            let df = try runTool("df", ["-B1", "--output=size,itotal", "/"]).output.split(separator: "\n").last
            #expect(df?.split(separator: " ").map(String.init) == ["\(space.total.bytes)", "\(space.inodes)"])
            #expect(space.available <= space.free && space.free < space.total)
        }
    }
}
