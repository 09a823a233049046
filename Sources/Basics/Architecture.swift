/// A machine architecture in the spelling that elements see in `$ARCH` (Debian's names).
///
/// Not validated against a list: upstream accepts any word, and an element decides what it can build.
package struct Architecture: Hashable, Sendable, Codable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    /// The architecture of a kernel machine name (`uname -m`), as upstream translates it.
    package init(machine: String) {
        switch machine {
        case "x86_64": name = "amd64"
        case "aarch64": name = "arm64"
        case let arm where arm.hasPrefix("armv"): name = "armhf"
        default: name = machine
        }
    }

    package var description: String { name }

    /// 64-bit ARM under either of its names.
    package var isARM64: Bool { name == "arm64" || name == "aarch64" }

    /// Little-endian POWER under either of its names.
    package var isLittleEndianPower: Bool { name == "ppc64le" || name == "ppc64el" }

    /// 64-bit x86 under either of its names.
    package var isAMD64: Bool { name == "amd64" || name == "x86_64" }
}
