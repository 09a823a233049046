internal import Glibc

/// Flags of mount(2) under the names that fstab gives them.
package struct MountFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt
    package init(rawValue: UInt) { self.rawValue = rawValue }

    package static let readOnly = MountFlags(rawValue: UInt(MS_RDONLY))
    package static let noSetUserID = MountFlags(rawValue: UInt(MS_NOSUID))
    package static let noDevices = MountFlags(rawValue: UInt(MS_NODEV))
    package static let noExecute = MountFlags(rawValue: UInt(MS_NOEXEC))
    package static let noAccessTime = MountFlags(rawValue: UInt(MS_NOATIME))
    package static let relativeAccessTime = MountFlags(rawValue: UInt(MS_RELATIME))
    package static let remount = MountFlags(rawValue: UInt(MS_REMOUNT))
    package static let bind = MountFlags(rawValue: UInt(MS_BIND))
    package static let recursive = MountFlags(rawValue: UInt(MS_REC))

    private static let table: [(flag: MountFlags, name: String)] = [
        (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecute, "noexec"),
        (.noAccessTime, "noatime"), (.relativeAccessTime, "relatime"), (.remount, "remount"),
    ]

    /// The flags as mount(8) takes them.
    package var names: [String] {
        var names = Self.table.filter { contains($0.flag) }.map(\.name)
        if contains(.bind) { names.append(contains(.recursive) ? "rbind" : "bind") }
        return names
    }

    /// Splits fstab options into flags and what is left for the filesystem.
    package static func parse(_ options: String) -> (flags: MountFlags, rest: String) {
        var flags: MountFlags = []
        var rest: [Substring] = []
        for word in options.split(separator: ",") {
            if let known = table.first(where: { $0.name == word }) {
                flags.insert(known.flag)
            } else if !["defaults", "rw", "suid", "dev", "exec", "auto", "noauto", "nouser", "async"].contains(word) {
                rest.append(word)
            }
        }
        return (flags, rest.joined(separator: ","))
    }
}
