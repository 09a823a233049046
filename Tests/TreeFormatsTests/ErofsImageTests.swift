import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

/// What mkfs.erofs cannot be told, as fsck.erofs, blkid and the kernel find it.
@Suite(
    .requires(
        .root, .loopDevices, .tool("mkfs.erofs"), .tool("fsck.erofs"), .tool("blkid"), .tool("setfattr"),
        .tool("getfattr")))
struct ErofsImageTests {
    /// Directories of one block, of a tail, and of both; notes alone, beside others, in files with two names.
    private static let plant = """
        mkdir -p tree/dev/deep tree/many
        for i in {1..900}; do : > tree/many/a-file-with-a-rather-long-name-$i; done
        : > tree/dev/null; chmod 666 tree/dev/null; setfattr -n user.ingot.node -v 'c 1:3' tree/dev/null
        ln tree/dev/null tree/dev/second
        : > 'tree/dev/deep/a b*'; chown 7:70000 'tree/dev/deep/a b*'; touch -d @1500000000 'tree/dev/deep/a b*'
        for name in user.after user.ingot.node user.zz trusted.a; do setfattr -n $name -v 'b 259:70000' 'tree/dev/deep/a b*'; done
        : > tree/many/node; setfattr -n user.ingot.node -v 'c 4095:1048575' tree/many/node
        : > tree/same1; : > tree/same2; : > tree/same3; : > tree/same4
        for i in 1 2 3 4; do setfattr -n user.ingot.node -v 'c 5:1' tree/same$i; done
        mkfs.erofs OPTIONS -x 2147483647 -U 11111111-2222-4333-8444-555555555555 image tree
        """

    private func run(_ script: String, in root: FilePath) throws -> String {
        let result = try runTool(
            "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", script],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"], directory: root.string)
        try #require(result.status == 0, "\(result.output)")
        return result.output
    }

    @Test("devices and label are there, and nothing else has changed", arguments: ["", "-zlz4hc", "-Elegacy-compress"])
    func complete(options: String) async throws {
        try await withScratchDirectory { root in
            _ = try run(Self.plant.replacing("OPTIONS", with: options), in: root)
            let image = root.appending("image")
            try ErofsImage(image).complete(
                label: "fifteen-letters", nodes: RecordedNodes(of: root.appending("tree")))
            _ = try run("fsck.erofs image", in: root)
            #expect(
                try run("blkid -p -s LABEL -s UUID -o value image", in: root)
                    == "fifteen-letters\n11111111-2222-4333-8444-555555555555\n")
            let seen = try run(
                """
                mkdir m; mount -o ro,loop image m; cd m
                stat -c '%n %F %a %u:%g %t:%T %h %Y' dev/deep/* many/node same? | sed 's/ [0-9]\\{10\\}$//;t' 
                stat -c '%n %F %a %t:%T %h' dev/null dev/second
                getfattr -h -m - dev/deep/* dev/null same1 | grep -v '^$'
                find . -type f | wc -l; cd ..; umount m
                """, in: root)
            #expect(
                seen == """
                    dev/deep/a b* block special file 644 7:70000 103:11170 1
                    many/node character special file 644 0:0 fff:fffff 1
                    same1 character special file 644 0:0 5:1 1
                    same2 character special file 644 0:0 5:1 1
                    same3 character special file 644 0:0 5:1 1
                    same4 character special file 644 0:0 5:1 1
                    dev/null character special file 666 1:3 2
                    dev/second character special file 666 1:3 2
                    # file: dev/deep/a b*
                    trusted.a
                    user.after
                    user.zz
                    900

                    """)
        }
    }

    @Test func whatIsNoErofsIsLeftAlone() async throws {
        try await withScratchDirectory { root in
            let image = root.appending("image")
            try Data(repeating: 7, count: 8192).write(to: URL(fileURLWithPath: image.string))
            #expect(throws: DiskFormatError.self) { try ErofsImage(image) }
        }
    }
}
