import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.requires(.root), .timeLimit(.minutes(2)))
    struct MountTests {
        private func makeDirectory(_ path: FilePath) throws -> FilePath {
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
            return path
        }

        private func tmpfs(_ target: FilePath) -> Mount { Mount(source: "ingot", target: target, type: "tmpfs") }

        private func canWrite(_ folder: FilePath) -> Bool {
            FileManager.default.createFile(atPath: folder.appending("probe").string, contents: nil)
        }

        @Test func aMountAppearsAndGoes() async throws {
            try await withScratchDirectory { folder in
                let target = try makeDirectory(folder.appending("with blank"))
                try tmpfs(target).attach()
                #expect(try MountTable.load().mounts(below: folder).map(\.target) == [target])
                try tmpfs(target).detach()
                #expect(try MountTable.load().mounts(below: folder).isEmpty)
            }
        }

        @Test func aFailedMountNamesSourceAndTarget() {
            let error = #expect(throws: SystemError.self) { try tmpfs("/ingot/no/such").attach() }
            #expect(error?.description == "cannot mount 'ingot' on '/ingot/no/such': No such file or directory")
        }

        @Test func aBusyMountNamesWhoHoldsIt() async throws {
            try await withScratchDirectory { folder in
                let target = try makeDirectory(folder.appending("m"))
                try tmpfs(target).attach()
                let open = try FileDescriptor.open(target, .readOnly)
                let error = #expect(throws: SystemError.self) { try tmpfs(target).detach(patience: .milliseconds(50)) }
                #expect(error?.code == .resourceBusy)
                #expect(error?.reason.hasPrefix("Device or resource busy, held by ") == true)
                #expect(error?.reason.contains("(\(getpid()))") == true)
                try open.close()
                try tmpfs(target).detach()
            }
        }

        @Test func aMountThatIsBusyForAMomentIsWaitedFor() async throws {
            try await withScratchDirectory { folder in
                let target = try makeDirectory(folder.appending("m"))
                try tmpfs(target).attach()
                let open = try FileDescriptor.open(target, .readOnly)
                let release = Task.detached {
                    try await Task.sleep(for: .milliseconds(150))
                    try open.close()
                }
                try tmpfs(target).detach(patience: .seconds(5))
                try await release.value
            }
        }

        @Test func aReadOnlyBindIsReadOnlyAllTheWayDown() async throws {
            try await withScratchDirectory { folder in
                let source = try makeDirectory(folder.appending("source"))
                let inner = try makeDirectory(source.appending("inner"))
                let target = try makeDirectory(folder.appending("target"))
                try tmpfs(inner).attach()
                let bind = try Mount.bind(source, to: target, readOnly: true, recursive: true)
                // Where the host's mounts are shared, what is unmounted in the one goes in the other too.
                #expect(try runTool("mount", ["--make-rprivate", target.string]).status == 0)
                #expect(!canWrite(target))
                #expect(!canWrite(target.appending("inner")))
                #expect(canWrite(inner))
                try Mount.unmountAll(below: bind.target, including: true)
                try tmpfs(inner).detach()
            }
        }

        @Test func allMountsBelowGoNewestFirstExceptThoseKept() async throws {
            try await withScratchDirectory { folder in
                let kept = try makeDirectory(folder.appending("kept"))
                let outer = try makeDirectory(folder.appending("outer"))
                try tmpfs(kept).attach()
                try tmpfs(outer).attach()
                try tmpfs(makeDirectory(outer.appending("inner"))).attach()
                try tmpfs(outer.appending("inner")).attach()  // on top of the other
                try Mount.unmountAll(below: folder, keeping: [kept])
                #expect(try MountTable.load().mounts(below: folder).map(\.target) == [kept])
                try Mount.unmountAll(below: folder)
                #expect(try MountTable.load().mounts(below: folder).isEmpty)
            }
        }

        /// As below a container's `/sys`: the younger mount cannot be reached before the one that hides it has gone.
        @Test func aMountThatAnOlderOneHidesGoesAfterIt() async throws {
            try await withScratchDirectory { folder in
                let place = try makeDirectory(folder.appending("place"))
                let cover = try makeDirectory(folder.appending("cover"))
                // Below what is shared, nothing can be moved.
                _ = try Mount.bind(folder, to: folder)
                #expect(try runTool("mount", ["--make-private", folder.string]).status == 0)
                try tmpfs(cover).attach()
                try tmpfs(place).attach()
                try tmpfs(makeDirectory(place.appending("hidden"))).attach()
                try Mount.move(cover, to: place)
                try Mount.unmountAll(below: folder, including: true)
                #expect(try MountTable.load().mounts(below: folder, including: true).isEmpty)
            }
        }

        @Test func linksInAnImageTreeStayInIt() async throws {
            try await withScratchDirectory { folder in
                let etc = try makeDirectory(folder.appending("etc"))
                try Data("inside".utf8).write(to: URL(fileURLWithPath: etc.appending("passwd").string))
                for (link, target) in [
                    ("abs", "/etc"), ("up", "../../../../etc"), ("loop", "loop"), ("dangling", "/etc/gone"),
                ] {
                    try FileManager.default.createSymbolicLink(
                        atPath: folder.appending(link).string, withDestinationPath: target)
                }
                let root = try ConfinedRoot(folder)
                #expect(try root.resolve("/abs/passwd") == etc.appending("passwd"))
                #expect(try root.resolve("up") == etc)
                #expect(try root.resolve("/../../etc/new-file") == etc.appending("new-file"))
                #expect(throws: SystemError.self) { try root.resolve("/loop") }
                #expect(throws: SystemError.self) { try root.resolve("/dangling") }
                #expect(throws: SystemError.self) { try root.resolve("/no/such/parent") }
                #expect(try root.makeDirectory("/abs/a/b") == etc.appending("a").appending("b"))
                let file = try root.open("/up/passwd")
                try file.close()
            }
        }
    }
}
