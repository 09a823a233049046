import Basics
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// Programs that do nothing, for each architecture: what the kernel and qemu-user say to them.
@Suite struct ForeignProgramTests {
    private static let emulators = [
        "amd64": "x86_64", "i386": "i386", "arm64": "aarch64", "armhf": "arm", "armel": "arm", "ppc64el": "ppc64le",
        "riscv64": "riscv64", "s390x": "s390x",
    ]

    private func place(_ architecture: String, in root: FilePath) throws {
        let bytes = try #require(SmallestProgram(Architecture(architecture))).bytes
        let path = root.appending(architecture).string
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    private static var own: String { SmallestProgram.debianName(Architecture(machine: HostProbe.machine)) }

    @Test func theKernelRunsItsOwn() async throws {
        try await withScratchDirectory { root in
            try place(Self.own, in: root)
            #expect(ForeignProgram.runs(Self.own, inRoot: root))
            try Data("#!/bin/no-such-shell\n".utf8).write(to: URL(filePath: root.appending("script").string))
            #expect(!ForeignProgram.runs("script", inRoot: root))
            #expect(!ForeignProgram.runs("absent", inRoot: root))
            #expect(!ForeignProgram.runs(Self.own, inRoot: root.appending("no-directory")))
        }
    }

    /// In a root of its own nothing else is there, so the interpreter of a script is missed.
    @Test(.requires(.root)) func theRootIsTheirOwn() async throws {
        try await withScratchDirectory { root in
            let path = root.appending("script").string
            try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            #expect(!ForeignProgram.runs("script", inRoot: root))
        }
    }

    @Test(.requires(.tool("readelf")), arguments: emulators.keys.sorted())
    func aReaderOfProgramsFindsNoFault(architecture: String) async throws {
        try await withScratchDirectory { root in
            try place(architecture, in: root)
            let result = try runTool("readelf", ["-hl", root.appending(architecture).string])
            #expect(result.status == 0)
            #expect(!result.output.lowercased().contains("warning"), "\(result.output)")
            #expect(result.output.contains("EXEC (Executable file)"))
        }
    }

    @Test(.requires(.tool("qemu-aarch64-static")), arguments: emulators.sorted { $0.key < $1.key })
    func theEmulatorRunsIt(architecture: String, machine: String) async throws {
        try await withScratchDirectory { root in
            try place(architecture, in: root)
            #expect(try runTool("qemu-\(machine)-static", [root.appending(architecture).string]).status == 0)
        }
    }

    @Test func anArchitectureThatIsNotKnownIsNotJudged() {
        #expect(SmallestProgram(Architecture("pdp11")) == nil)
        #expect(SmallestProgram(Architecture("aarch64")) == SmallestProgram(Architecture("arm64")))
    }
}
