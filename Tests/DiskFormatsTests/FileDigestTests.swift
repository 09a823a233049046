import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct FileDigestTests {
    /// RFC 1321 A.5 and FIPS 180-2 B.1.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func publishedExamplesHold(text: String, md5: String, sha256: String) async throws {
        try await withScratchDirectory { scratch in
            try write(Array(text.utf8), to: scratch.appending("file"))
            let digest = try FileDigest.compute(of: scratch.appending("file"))
            #expect(digest == FileDigest(md5: md5, sha256: sha256))
        }
    }

    @Test(.requires(.tool("md5sum"), .tool("sha256sum")), arguments: propertySeeds(8))
    func coreutilsAgreeOnSparseFiles(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("disk")
            try RandomDisk(size: (5 << 20) + seed * 99_991, seed: seed).write(to: path)
            let digest = try FileDigest.compute(of: path)
            #expect(try runTool("md5sum", [path.string]).output == "\(digest.md5)  \(path)\n")
            #expect(try runTool("sha256sum", [path.string]).output == "\(digest.sha256)  \(path)\n")
        }
    }

    @Test func aListenerThatThrowsEndsTheWork() async throws {
        struct Stopped: Error {}
        try await withScratchDirectory { scratch in
            try RandomDisk(size: 20 << 20, seed: 1).write(to: scratch.appending("disk"))
            #expect(throws: Stopped.self) {
                try FileDigest.compute(of: scratch.appending("disk")) { if $0 > 0.5 { throw Stopped() } }
            }
        }
    }
}
