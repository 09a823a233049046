internal import CLinux
package import SystemPackage

/// Programs of another architecture, as binfmt_misc knows them by the first bytes of their files, and who runs them
/// (Documentation/admin-guide/binfmt-misc.rst).
///
/// Since Linux 6.7 every user namespace may have formats of its own, which nobody outside sees.
package struct ProgramFormat: Hashable, Sendable {
    package let name: String
    /// The head of an ELF file: identity, type and machine.
    package let head: [UInt8]
    /// qemu-user, by its path: the kernel opens it at the registration and keeps it open, for roots that lack it.
    package let interpreter: String

    package static let headSize = 20

    /// Of a program of that kind.
    package init(name: String, program: [UInt8], interpreter: String) {
        self.name = name
        head = Array(program.prefix(Self.headSize))
        self.interpreter = interpreter
    }

    /// The line that registers it: whatever system the file is for, executables and position-independent ones alike.
    package var registration: String {
        let isLittleEndian = head.count > 5 && head[5] == 1
        let mask = head.indices.map { index -> UInt8 in
            switch index {
            case 7: 0
            case isLittleEndian ? 16 : 17: 0xFE
            default: 0xFF
            }
        }
        return ":\(name):M::\(Self.escaped(head)):\(Self.escaped(mask)):\(interpreter):OF"
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Tries a program in a namespace made for it; without arguments, in a root of its own.
    package func runs(_ program: String, inRoot root: FilePath) -> Bool {
        root.withPlatformString { root in
            program.withPlatformString { ingot_runs_by_interpreter(root, $0, registration) == 1 }
        }
    }

    /// Registers it for the user namespace of this process, until that ends.
    package func register() throws(SystemError) {
        let directory = "/proc/sys/fs/binfmt_misc"
        try check(
            directory.withPlatformString { ingot_register_format($0, registration) },
            "register '\(interpreter)' for programs of \(name)")
    }
}
