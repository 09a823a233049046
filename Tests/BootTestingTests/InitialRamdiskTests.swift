import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

/// How an initial ramdisk is recognised, asked and judged; booting one is in BootTests.
@Suite struct InitialRamdiskTests {
    private func proof() -> RamdiskProof {
        var generator = SeededGenerator(seed: 11)
        return RamdiskProof(using: &generator)
    }

    @Test("what the kernel unpacks is one, a disk is none")
    func recognition() async throws {
        let cases: [([UInt8], Bool)] = [
            (Array("070701".utf8), true), ([0x1F, 0x8B, 8], true), ([0x28, 0xB5, 0x2F, 0xFD], true),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A], true), ([0x02, 0x21, 0x4C, 0x18], true), ([0xEB, 0x63, 0x90], false),
            (Array("QFI".utf8), false), ([0, 0, 0, 0], false),
        ]
        try await withScratchDirectory { scratch in
            for (head, expected) in cases {
                let path = scratch.appending("file")
                try Data(head + [UInt8](repeating: 0, count: 1024)).write(to: URL(filePath: path.string))
                #expect(try (InitialRamdisk(path) != nil) == expected, "\(head)")
            }
            try Data(Array("070701".utf8)).write(to: URL(filePath: scratch.appending("short").string))
            #expect(try InitialRamdisk(scratch.appending("short")) == nil)
        }
    }

    @Test(
        "the question is an archive that cpio reads, at a multiple of four behind the ramdisk", .requires(.tool("cpio"))
    )
    func archive() async throws {
        try await withScratchDirectory { scratch in
            let proof = proof()
            let ramdisk = scratch.appending("ramdisk")
            try Data([0x1F, 0x8B] + [UInt8](repeating: 7, count: 1023)).write(to: URL(filePath: ramdisk.string))
            let copy = scratch.appending("copy")
            try #require(try InitialRamdisk(ramdisk)).copy(to: copy, appending: proof.archive)
            let unpack = "tail -c +1029 copy | cpio -i --quiet && stat -c '%a %n' .ingot-boot-init .ingot-boot-token"
            let result = try runTool("sh", ["-c", unpack], directory: scratch.string)
            #expect(result.output == "755 .ingot-boot-init\n644 .ingot-boot-token\n")
            let script = try String(contentsOfFile: scratch.appending(".ingot-boot-init").string, encoding: .utf8)
            #expect(script == proof.script)
            #expect(try Data(contentsOf: URL(filePath: ramdisk.string)).count == 1025, "the original is only read")
        }
    }

    @Test("every shell computes the answer, which is in no file that the guest gets", arguments: ["dash", "bash"])
    func answer(shell: String) async throws {
        try await withScratchDirectory { scratch in
            let proof = proof()
            let token = scratch.appending("token")
            let archive = scratch.appending("archive")
            try Data(proof.archive).write(to: URL(filePath: archive.string))
            try #require(
                try runTool(
                    "sh", ["-c", "cpio -i --quiet < archive && mv .ingot-boot-token token"], directory: scratch.string
                ).status == 0)
            // The ramdisk's /init stays for a moment, then the background answerer is ended with it.
            let script = proof.script.replacing("/.ingot-boot-token", with: token.string)
                .replacing("exec /init \"$@\"", with: "sleep 0.5; kill -9 $!")
            let result = try runTool(shell, ["-c", script])
            var watch = SerialWatch(proof: BootProof(proof))
            let verdicts = result.output.split(separator: "\n").compactMap { watch.feed(String($0), at: 1) }
            #expect(verdicts.first == .passed, "\(result.output)")
            #expect(!String(decoding: proof.archive, as: UTF8.self).contains(String(proof.answer)))
        }
    }

    @Test("the kernel is told to begin with the question")
    func arguments() {
        #expect(proof().arguments(before: nil) == "console=ttyS0,115200 rdinit=/.ingot-boot-init")
        #expect(proof().arguments(before: "ip=dhcp") == "ip=dhcp console=ttyS0,115200 rdinit=/.ingot-boot-init")
    }
}
