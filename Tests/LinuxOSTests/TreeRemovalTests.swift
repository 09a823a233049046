import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.timeLimit(.minutes(2)))
    struct TreeRemovalTests {
        private func shell(_ script: String, _ folder: FilePath) throws -> ToolResult {
            try runTool("bash", ["-ec", script], directory: folder.string)
        }

        private func exists(_ path: FilePath) -> Bool {
            (try? FileManager.default.attributesOfItem(atPath: path.string)) != nil
        }

        @Test func everyKindOfEntryGoesAndLinksAreNotFollowed() async throws {
            try await withScratchDirectory { folder in
                #expect(
                    try shell(
                        """
                        mkdir -p keep tree/a/b/c tree/.hidden; echo precious > keep/file
                        ln -s ../keep tree/link; ln -s /nowhere tree/dangling; mkfifo tree/a/fifo
                        echo x > $'tree/a/bad\\xff\\xfename'; mkdir $'tree/a/dir\\xfe'; echo x > $'tree/a/new\\nline'; chmod 000 tree/a/b/c
                        ln tree/.hidden/../a/fifo tree/hard
                        """, folder
                    ).status == 0)
                try TreeRemoval.remove(folder.appending("tree"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["keep"])
                #expect(exists(folder.appending("keep").appending("file")))
            }
        }

        @Test(.requires(.tool("python3"))) func aTreeDeeperThanAPathMayBeLongGoes() async throws {
            try await withScratchDirectory { folder in
                let script = """
                    import os
                    os.mkdir('tree'); os.chdir('tree')
                    for _ in range(1500): os.mkdir('deepdeepdeep'); os.chdir('deepdeepdeep'); open('f', 'w').close()
                    """
                #expect(try runTool("python3", ["-c", script], directory: folder.string).status == 0)
                try TreeRemoval.remove(folder.appending("tree"))
                #expect(!exists(folder.appending("tree")))
            }
        }

        @Test func aFileALinkAndNothingAreRemovedToo() async throws {
            try await withScratchDirectory { folder in
                #expect(try shell("echo x > file; mkdir target; ln -s target link", folder).status == 0)
                for name in ["file", "link", "never-there"] { try TreeRemoval.remove(folder.appending(name)) }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["target"])
            }
        }

        @Test(.requires(.root)) func immutableFilesGo() async throws {
            try await withScratchDirectory { folder in
                guard try shell("mkdir -p t/d; echo x > t/d/f; chattr +i t/d/f && chattr +a t/d", folder).status == 0
                else {
                    return
                }
                try TreeRemoval.remove(folder.appending("t"))
                #expect(!exists(folder.appending("t")))
            }
        }

        @Test(.requires(.root)) func aMountBelowIsRefusedByName() async throws {
            try await withScratchDirectory { folder in
                #expect(try shell("mkdir -p tree/m other; echo precious > other/file", folder).status == 0)
                let target = folder.appending("tree").appending("m")
                let bind = try Mount.bind(folder.appending("other"), to: target)
                let error = #expect(throws: SystemError.self) { try TreeRemoval.remove(folder.appending("tree")) }
                #expect(error?.description == "cannot remove '\(folder)/tree': '\(target)' is mounted")
                try bind.detach()
                try TreeRemoval.remove(folder.appending("tree"))
                #expect(exists(folder.appending("other").appending("file")))
            }
        }

        /// The kernel's own refusal, for a mount that comes between the check and the walk.
        @Test(.requires(.root)) func theWalkItselfDoesNotCrossABindMount() async throws {
            try await withScratchDirectory { folder in
                #expect(
                    try shell("mkdir -p tree/a/m other; echo x > other/file; echo x > tree/a/f", folder).status == 0)
                let target = folder.appending("tree").appending("a").appending("m")
                let bind = try Mount.bind(folder.appending("other"), to: target)
                let error = #expect(throws: SystemError.self) {
                    try TreeRemoval.removeUnchecked(folder.appending("tree"))
                }
                #expect(error?.code == .improperLink)
                #expect(error?.description.contains("'\(target)'") == true)
                try bind.detach()
                #expect(exists(folder.appending("other").appending("file")))
                #expect(!exists(folder.appending("tree").appending("a").appending("f")))
            }
        }
    }
}
