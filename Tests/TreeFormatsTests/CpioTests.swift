import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

@Suite(.requires(.root, .tool("cpio"), .tool("setfacl"), .tool("setcap")))
struct CpioTests {
    /// Sizes have eight hexadecimal digits.
    @Test func aFileOfFourGibibytesIsRefusedByName() async throws {
        try await withScratchDirectory { root in
            let script = "mkdir tree && truncate -s 4G tree/big"
            try #require(try runTool("bash", ["-euc", script], directory: root.string).status == 0)
            let error = #expect(throws: TreeFormatError.self) {
                try TreeArchiver(tree: root.appending("tree"), format: .cpio, prefix: "")
                    .write(to: FileSink(creating: root.appending("x.cpio")))
            }
            #expect(error?.description.hasPrefix("cannot archive './big': ") == true, "\(error?.description ?? "")")
        }
    }

    @Test func whatCpioUnpacksIsTheTreeWithItsHardLinks() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            // The format has no room for lists, attributes, and times before 1970, after 2106 or between seconds.
            try tree.change(
                """
                setfacl -R -b -k . && setcap -r usr/bin/suid && setfattr -x user.comment sub/random
                setfattr -x user.binary sub/random && setfattr -x trusted.overlay.opaque sub/mnt
                touch -d @1000000000 sub/random sub/empty sub/tail
                """)
            let file = root.appending("x.cpio.gz")
            try GzipStream(.single).compress(to: FileSink(creating: file)) {
                try TreeArchiver(tree: tree.path, format: .cpio, prefix: "").write(to: $0)
            }
            let target = root.appending("out")
            try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
            let unpack = "cd '\(target)' && gzip -dc '\(file)' | cpio -idm --quiet --no-absolute-filenames"
            #expect(try runTool("bash", ["-c", unpack]).output == "")
            let differences = try tree.differences(from: target, times: .ofFiles)
            #expect(differences == "")
        }
    }
}
