import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Whatever a file system can hold arrives in the image.
    @Suite struct TreeContent {
        /// Run by a hook on the host, so that the host's own tools can make what the fake OS has no tools for.
        private static let plant = """
            cd "$TMP_MOUNT_PATH"
            echo hidden > .dot-file
            mkdir .dot-directory && echo inner > .dot-directory/inner
            echo linked > srv-first && ln srv-first srv-second
            ln -s ../no/such/place dangling
            mknod null-twin c 1 3
            mkfifo queue
            truncate -s 20M sparse && printf end | dd of=sparse bs=1 seek=10M conv=notrunc status=none
            echo blank > 'name with  blanks'
            printf 'x' > $'line\\nfeed'
            install -m 4755 -o 12 -g 34 /dev/null owned
            setfattr -n user.colour -v green srv-first
            setfacl -m u:1234:rx owned
            touch -d '2001-02-03 04:05:06.789 UTC' dated
            chmod 0751 .
            """

        @Test(
            "dot files, hard links, device nodes, holes, attributes and ACLs reach disk and archive",
            .timeLimit(.minutes(1)),
            .requires(.tool("setfattr"), .tool("setfacl"), .tool("getfattr"), .tool("getfacl")))
        func everything() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("plant", "post-root.d/50-plant", Self.plant)
                try await sandbox.build(["-t", "tar,raw", "-o", "x", "fake-os", "plant"]).expectStatus(0)
                let unpacked = sandbox.path.appending("unpacked")
                try FileManager.default.createDirectory(atPath: unpacked.string, withIntermediateDirectories: true)
                let tar = try runTool(
                    "tar",
                    [
                        "-xpf", sandbox.file("x.tar").string, "-C", unpacked.string, "--xattrs", "--xattrs-include=*",
                        "--acls",
                    ]
                )
                #expect(tar.output == "")
                try expectAll(in: unpacked.string)
                let mounted = sandbox.path.appending("mounted")
                try FileManager.default.createDirectory(atPath: mounted.string, withIntermediateDirectories: true)
                // In a mount namespace of its own: the mount cannot outlive the comparison.
                let shown = try runTool(
                    "unshare",
                    [
                        "--mount", "--propagation", "slave", "bash", "-euc",
                        "mount -o ro,loop \"$1\" \"$2\"; cd \"$2\"; \(Self.facts); [ $(stat -c %b sparse) -lt 100 ]",
                        "bash", sandbox.file("x.raw").string, mounted.string,
                    ])
                #expect(shown.status == 0, "a sparse file has lost its holes, or:\n\(shown.output)")
                #expect(shown.output == (try Self.facts(in: unpacked.string)))
            }
        }

        /// What matters of the planted files, as text.
        private static let facts = """
            stat -c '%n %F %a %u:%g' .
            stat -c '%n %F %a %u:%g %h %t,%T %Y' .dot-file .dot-directory/inner srv-first null-twin queue owned dated
            readlink dangling; cat 'name with  blanks' $'line\\nfeed'; getfattr -d srv-first; getfacl -n owned
            stat -c %s sparse; sha256sum < sparse
            """

        private static func facts(in directory: String) throws -> String {
            try runTool("bash", ["-euc", "cd \"$1\"; \(facts)", "bash", directory]).output
        }

        private func expectAll(in directory: String) throws {
            let facts = try Self.facts(in: directory)
            let lines = facts.split(separator: "\n").map(String.init)
            #expect(lines.contains { $0 == ". directory 751 0:0" }, "\(facts)")
            #expect(lines.contains { $0.hasPrefix(".dot-file regular file 644 0:0 1 0,0") })
            #expect(lines.contains { $0.hasPrefix("srv-first regular file 644 0:0 2 0,0") })
            #expect(lines.contains { $0.hasPrefix("null-twin character special file 644 0:0 1 1,3") })
            #expect(lines.contains { $0.hasPrefix("queue fifo 644") })
            #expect(lines.contains { $0.hasPrefix("owned regular empty file 4755 12:34") })
            #expect(lines.contains("dated regular empty file 644 0:0 1 0,0 981173106"))
            #expect(lines.contains("../no/such/place"))
            #expect(lines.contains("user.colour=\"green\""))
            #expect(lines.contains("user:1234:r-x"))
            #expect(lines.contains("20971520"))
            // Nothing of the build host, and the places for the kernel's file systems.
            for folder in ["dev", "proc", "sys", "tmp"] {
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)") == [])
            }
        }
    }
}
