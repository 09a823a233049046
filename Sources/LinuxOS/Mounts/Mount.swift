internal import Basics
internal import CLinux
internal import Glibc
package import SystemPackage

/// A mount as a value; `attach` and `detach` act.
///
/// Prints as the mount(8) line one would type.
package struct Mount: Hashable, Sendable, CustomStringConvertible {
    package var source: String
    package var target: FilePath
    package var type: String
    package var flags: MountFlags
    /// Options of the filesystem itself, joined by commas.
    package var options: String

    package init(
        source: String, target: FilePath, type: String, flags: MountFlags = [], options: String = ""
    ) {
        self.source = source
        self.target = target
        self.type = type
        self.flags = flags
        self.options = options
    }

    package var description: String {
        var words = ["mount"]
        if !type.isEmpty { words += ["-t", type] }
        let all = flags.names + (options.isEmpty ? [] : [options])
        if !all.isEmpty { words += ["-o", all.joined(separator: ",")] }
        return (words + [source, target.string]).shellLine
    }

    package func attach() throws(SystemError) {
        let result = target.withPlatformString { target in
            ingot_mount(source, target, type.isEmpty ? nil : type, flags.rawValue, options.isEmpty ? nil : options)
        }
        try check(result, "mount '\(source)' on '\(target)'")
    }

    /// Mounts a directory or file a second time.
    ///
    /// With `recursive`, mounts below the source come along. `readOnly` then holds for all of them: it is set by
    /// mount_setattr(2), because a plain read-only remount reaches the topmost mount only.
    package static func bind(
        _ source: FilePath, to target: FilePath, readOnly: Bool = false, recursive: Bool = false
    ) throws(SystemError) -> Mount {
        let flags: MountFlags = recursive ? [.bind, .recursive] : .bind
        let mount = Mount(source: source.string, target: target, type: "", flags: flags)
        try mount.attach()
        guard readOnly else { return mount }
        let result = target.withPlatformString { ingot_mount_read_only($0, recursive) }
        guard result < 0 else { return mount }
        try? unmountAll(below: target, including: true)
        throw SystemError("make '\(target)' read-only", Errno(rawValue: -result))
    }

    /// Unmounts; while the mount is busy, tries again for `patience`, then tells who holds it.
    ///
    /// Never lazily.
    package func detach(patience: Duration = .seconds(2)) throws(SystemError) {
        try Mount.detach(target, patience: patience)
    }

    package static func detach(_ target: FilePath, patience: Duration = .seconds(2)) throws(SystemError) {
        let attempt = "unmount '\(target)'"
        let done = try eventually(within: patience) { () throws(SystemError) in
            let result = target.withPlatformString { ingot_unmount($0) }
            if result == -EBUSY { return false }
            try check(result, attempt)
            return true
        }
        guard !done else { return }
        let below = ((try? MountTable.load())?.mounts(below: target) ?? []).map { "mount '\($0.target)'" }
        let holders = below + ProcessTable.holders(of: target).map(\.description)
        let reason =
            Errno.resourceBusy.description + (holders.isEmpty ? "" : ", held by \(holders.joined(separator: ", "))")
        throw SystemError(attempt, because: reason, code: .resourceBusy)
    }

    private static func detachTogether(_ target: FilePath) throws(SystemError) {
        try check(target.withPlatformString { ingot_unmount_together($0) }, "unmount '\(target)'")
    }

    /// Unmounts everything below `path`, newest first, until the mount table shows nothing there.
    ///
    /// `keeping` names mount points to leave alone, with what is above them. Mounts may lie on top of one another, so
    /// the table is read again after each round, and one that another hides waits for it. In a user namespace, mounts
    /// that came from outside with the one they lie in stay with it: they are unmounted together, and only this can be
    /// done lazily alone.
    package static func unmountAll(
        below path: FilePath, including: Bool = false, keeping: Set<FilePath> = [], patience: Duration = .seconds(2)
    ) throws(SystemError) {
        var previous: [MountTable.Entry] = []
        while true {
            let mounts = try MountTable.load().mounts(below: path, including: including)
                .filter { !keeping.contains($0.target) }
            guard !mounts.isEmpty else { return }
            guard mounts != previous else {
                throw SystemError("unmount all below '\(path)'", because: "'\(mounts[0].target)' stays mounted")
            }
            var locked: [FilePath] = []
            var hidesOne = false
            for mount in mounts.reversed() {
                let holdsLocked = locked.contains { $0.starts(with: mount.target) }
                do throws(SystemError) {
                    if holdsLocked {
                        try detachTogether(mount.target)
                    } else {
                        try detach(mount.target, patience: patience)
                    }
                } catch {
                    switch error.code {
                    case .noSuchFileOrDirectory: hidesOne = true
                    case .invalidArgument where Session.isInUserNamespace: locked.append(mount.target)
                    default: throw error
                    }
                    continue
                }
                // What has just gone may be what hid it.
                if hidesOne { break }
            }
            previous = mounts
        }
    }
}
