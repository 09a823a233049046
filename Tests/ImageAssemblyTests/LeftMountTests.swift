import LinuxOS
import SystemPackage
import Testing

@testable import ImageAssembly

/// Which mounts of a hook the next build can have without it.
@Suite struct LeftMountTests {
    @Test(
        "what belongs to one build is known by its place and by the name of its directory, and by no common word",
        arguments: [
            ("/srv/downloads", "/srv/downloads"), ("/srv/scratch/downloads", "/srv/scratch/downloads"),
            ("/cache/scratch/build.Xy12", nil), ("/tmp/dib_build.aB34/mnt2", nil), ("/srv/apt/dib_build.aB34", nil),
        ] as [(String, String?)])
    func sources(shown: String, source: String?) throws {
        let table = MountTable(
            parsing: """
                20 1 8:1 / / rw - ext4 /dev/sda1 rw
                30 20 0:40 / /tree rw - overlay overlay rw
                31 30 8:1 \(shown) /tree/opt rw - ext4 /dev/sda1 rw

                """.utf8)
        let mount = try #require(table.mounts.last)
        let left = LeftMount(
            mount, in: "/tree", table: table, own: ["/tmp/dib_build.aB34", "/tmp/dib_image.cD56"],
            scratch: "/cache/scratch")
        #expect(left.source == source)
        #expect(left.target == "opt")
    }
}
