import SystemPackage
import Testing

@testable import LinuxOS

struct MountTableTests {
    private let text = #"""
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
        30 22 0:21 / /proc rw,nosuid shared:5 master:2 propagate_from:2 - proc proc rw
        40 22 0:40 / /tmp/a\040b\134c\011d\012e rw - tmpfs none\043 rw,size=1k
        41 40 254:0 /srv/x /tmp/a\040b\134c\011d\012e/sub ro,noatime - ext4 /dev/vda rw
        42 22 0:41 / /tmp/a rw - tmpfs tmpfs rw
        43 22 0:42 / /tmp/ab rw - tmpfs tmpfs rw
        rubbish
        50 22 0:42 / /x rw shared:1 ext4 /dev/vda rw
        x 22 0:42 / /x rw - ext4 /dev/vda rw

        """#

    @Test func linesBecomeEntriesAndRubbishIsLeftOut() {
        let table = MountTable(parsing: text.utf8)
        #expect(table.mounts.map(\.identifier) == [22, 30, 40, 41, 42, 43])
        #expect(
            table.mounts[3]
                == MountTable.Entry(
                    identifier: 41, parent: 40, device: "254:0", root: "/srv/x", target: "/tmp/a b\\c\td\ne/sub",
                    options: ["ro", "noatime"], type: "ext4", source: "/dev/vda", filesystemOptions: ["rw"]))
        #expect(table.mounts[2].source == "none#")
        #expect(table.mounts[1].type == "proc")
    }

    @Test func pathsNeedNotBeText() {
        let line = Array("1 1 0:1 / /mnt/".utf8) + [0xFF] + Array(" rw - tmpfs t rw".utf8)
        let target = MountTable(parsing: line).mounts.first?.target
        #expect(target?.withPlatformString { $0[5] } == CChar(bitPattern: 0xFF))
    }

    @Test(
        arguments: [
            ("/tmp/a", false, []), ("/tmp/a", true, [42]), ("/tmp", false, [40, 41, 42, 43]),
            ("/tmp/", true, [40, 41, 42, 43]),
            ("/tmp/a b\\c\td\ne", false, [41]), ("/", false, [30, 40, 41, 42, 43]), ("/nowhere", true, []),
        ] as [(String, Bool, [Int])])
    func belowMeansWholeComponents(_ path: String, _ including: Bool, _ expected: [Int]) {
        let table = MountTable(parsing: text.utf8)
        #expect(table.mounts(below: FilePath(path), including: including).map(\.identifier) == expected)
    }

    @Test func ownTableHasARoot() throws {
        #expect(try MountTable.load().mounts.contains { $0.target == "/" })
    }

    @Test func aMountPrintsAsItsCommandLine() {
        let mount = Mount(
            source: "/dev/loop0", target: "/mnt/a b", type: "ext4", flags: [.readOnly, .noSetUserID],
            options: "data=ordered")
        #expect("\(mount)" == "mount -t ext4 -o ro,nosuid,data=ordered /dev/loop0 '/mnt/a b'")
        #expect("\(Mount(source: "/a", target: "/b", type: "", flags: [.bind, .recursive]))" == "mount -o rbind /a /b")
    }

    @Test(
        arguments: [
            ("defaults", [], ""), ("ro,noatime", [.readOnly, .noAccessTime], ""),
            ("rw,nosuid,data=journal,commit=5", [.noSetUserID], "data=journal,commit=5"), ("", [], ""),
        ] as [(String, MountFlags, String)])
    func fstabOptionsSplitIntoFlagsAndTheRest(_ options: String, _ flags: MountFlags, _ rest: String) {
        let parsed = MountFlags.parse(options)
        #expect(parsed.flags == flags)
        #expect(parsed.rest == rest)
    }
}
