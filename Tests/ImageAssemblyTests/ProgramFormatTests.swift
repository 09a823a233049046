import Basics
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// Formats of programs that a user registers for one build.
@Suite struct ProgramFormatTests {
    private func format(_ architecture: String, _ interpreter: String = "/i") throws -> ProgramFormat {
        let program = try #require(SmallestProgram(Architecture(architecture)))
        return ProgramFormat(name: architecture, program: program.bytes, interpreter: interpreter)
    }

    /// As qemu's own list has them, but for the flags.
    @Test func theHeadAndItsMaskAreThoseOfQemu() throws {
        #expect(
            try format("arm64").registration
                == #":arm64:M::\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"#
                + #":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/i:OF"#)
        #expect(
            try format("s390x").registration
                == #":s390x:M::\x7f\x45\x4c\x46\x02\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x16"#
                + #":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff:/i:OF"#)
    }

    /// Linux 6.7: nobody outside sees it, and nobody has to be root.
    @Test(.requires(.tool("qemu-aarch64-static")), .enabled(if: kernelHasOwnFormats, "needs Linux 6.7"))
    func aNamespaceOfItsOwnRunsIt() async throws {
        try await withScratchDirectory { root in
            let program = try #require(SmallestProgram(Architecture("arm64")))
            let path = root.appending("probe").string
            try Data(program.bytes).write(to: URL(filePath: path))
            chmod(path, 0o755)
            let emulator = try #require(
                HostProbe(environment: Environment()).tools(["qemu-aarch64-static"]).values.first)
            #expect(try format("arm64", emulator).runs("probe", inRoot: root))
            #expect(try !format("arm64", "/no/such/emulator").runs("probe", inRoot: root))
            #expect(try !format("s390x", emulator).runs("probe", inRoot: root))
        }
    }

    private static var kernelHasOwnFormats: Bool {
        let numbers = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
            .split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.map { $0.lexicographicallyPrecedes([6, 7]) } == false
    }
}
