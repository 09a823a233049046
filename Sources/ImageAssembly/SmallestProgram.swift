package import Basics

/// A program for Linux that does nothing but end with status 0: an ELF header, one segment, two or three instructions.
///
/// From the ELF specification and the psABI of each architecture; the numbers of the system call `exit` are the
/// kernel's (`unistd.h`). With it one can ask a kernel whether it runs programs of an architecture.
package struct SmallestProgram: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Nothing for an architecture that is not known here.
    package init?(_ architecture: Architecture) {
        guard let layout = Self.layouts[Self.debianName(architecture)] else { return nil }
        bytes = layout.file
    }

    /// Debian's name for a kernel's.
    package static func debianName(_ architecture: Architecture) -> String {
        switch architecture.name {
        case "i586", "i686": "i386"
        case "ppc64le": "ppc64el"
        case let name: Architecture(machine: name).name
        }
    }

    private static let layouts: [String: Layout] = [
        "amd64": Layout(machine: 62, code: [0xB8, 60, 0, 0, 0, 0x31, 0xFF, 0x0F, 0x05]),
        "i386": Layout(machine: 3, is64: false, code: [0xB8, 1, 0, 0, 0, 0x31, 0xDB, 0xCD, 0x80]),
        "arm64": Layout(machine: 183, words: [0xD280_0000, 0xD280_0BA8, 0xD400_0001]),
        // Version 5 of the EABI, hard and soft floating point.
        "armhf": Layout(machine: 40, flags: 0x0500_0400, is64: false, words: [0xE3A0_0000, 0xE3A0_7001, 0xEF00_0000]),
        "armel": Layout(machine: 40, flags: 0x0500_0200, is64: false, words: [0xE3A0_0000, 0xE3A0_7001, 0xEF00_0000]),
        // Version 2 of the ABI.
        "ppc64el": Layout(machine: 21, flags: 2, words: [0x3800_0001, 0x3860_0000, 0x4400_0002]),
        "riscv64": Layout(machine: 243, words: [0x0000_0513, 0x05D0_0893, 0x0000_0073]),
        "s390x": Layout(machine: 22, isLittleEndian: false, code: [0xA7, 0x29, 0, 0, 0x0A, 0x01]),
    ]

    private struct Layout {
        let machine: UInt16
        var flags: UInt32 = 0
        var is64 = true
        var isLittleEndian = true
        var code: [UInt8] = []

        init(machine: UInt16, is64: Bool = true, isLittleEndian: Bool = true, code: [UInt8]) {
            self.machine = machine
            self.is64 = is64
            self.isLittleEndian = isLittleEndian
            self.code = code
        }

        /// Instructions as little-endian words.
        init(machine: UInt16, flags: UInt32 = 0, is64: Bool = true, words: [UInt32]) {
            self.machine = machine
            self.flags = flags
            self.is64 = is64
            code = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        }

        private static let base: UInt64 = 0x40_0000
        private var headerSize: Int { is64 ? 64 : 52 }
        private var segmentSize: Int { is64 ? 56 : 32 }

        var file: [UInt8] {
            let start = headerSize + segmentSize
            return header(entry: Self.base + UInt64(start)) + segment(size: UInt64(start + code.count)) + code
        }

        private func header(entry: UInt64) -> [UInt8] {
            let identity: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, is64 ? 2 : 1, isLittleEndian ? 1 : 2, 1, 0]
            var bytes = identity + [UInt8](repeating: 0, count: 8)
            bytes += number(2, 2) + number(UInt64(machine), 2) + number(1, 4)
            bytes += address(entry) + address(UInt64(headerSize)) + address(0) + number(UInt64(flags), 4)
            bytes += number(UInt64(headerSize), 2) + number(UInt64(segmentSize), 2) + number(1, 2)
            return bytes + number(is64 ? 64 : 40, 2) + number(0, 2) + number(0, 2)
        }

        /// The whole file, to be read and executed.
        private func segment(size: UInt64) -> [UInt8] {
            let place = address(0) + address(Self.base) + address(Self.base) + address(size) + address(size)
            let flags = number(5, 4)
            return number(1, 4) + (is64 ? flags + place : place + flags) + address(0x1_0000)
        }

        private func address(_ value: UInt64) -> [UInt8] { number(value, is64 ? 8 : 4) }

        private func number(_ value: UInt64, _ size: Int) -> [UInt8] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
            return isLittleEndian ? bytes : bytes.reversed()
        }
    }
}
