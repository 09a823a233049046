internal import SystemPackage

/// Rights of root that this process has, one by one: capabilities(7).
package struct ProcessCapabilities: Hashable, Sendable {
    package let effective: UInt64

    package init(effective: UInt64) { self.effective = effective }

    /// From `/proc/self/status`: `CapEff:` and 16 hexadecimal digits; none where there is no such line.
    package init(status: String) {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let digits = line?.split(separator: "\t").last ?? ""
        self.init(effective: UInt64(digits, radix: 16) ?? 0)
    }

    package static func current() -> ProcessCapabilities {
        ProcessCapabilities(status: (try? FileText.string(of: "/proc/self/status")) ?? "")
    }

    /// What it takes to make the tree of an image with chroot(2) and no namespace, under the numbers of linux/capability.h.
    package static let building: [(name: String, number: UInt64)] = [
        ("CHOWN", 0), ("DAC_OVERRIDE", 1), ("FOWNER", 3), ("FSETID", 4), ("KILL", 5), ("SETGID", 6), ("SETUID", 7),
        ("SYS_CHROOT", 18), ("MKNOD", 27), ("SETFCAP", 31),
    ]

    /// Names of those that this process lacks.
    package func missing(of wanted: [(name: String, number: UInt64)]) -> [String] {
        wanted.filter { effective >> $0.number & 1 == 0 }.map(\.name)
    }
}
