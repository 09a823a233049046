internal import CLinux
package import SystemPackage

/// A stack of directories seen as one, by overlayfs: the topmost takes all changes.
///
/// Options are stated, never a kernel's defaults. Renamed directories and changed metadata are copied, so that each
/// layer can be understood by itself; `volatile` keeps the kernel from writing out the whole disk when the stack is
/// unmounted.
package struct OverlayMount: Hashable, Sendable {
    /// Directory from which the names below are seen.
    package let directory: FilePath
    /// Undermost first.
    package let lower: [String]
    package let upper: String
    package let work: String
    package let target: FilePath

    package init(directory: FilePath, lower: [String], upper: String, work: String, target: FilePath) {
        self.directory = directory
        self.lower = lower
        self.upper = upper
        self.work = work
        self.target = target
    }

    package var options: String {
        // In a user namespace there are no `trusted.` attributes to keep what was removed in, and with `user.` ones the
        // kernel wants it said that redirections are not followed.
        let attributes = Session.isInUserNamespace ? ",userxattr,redirect_dir=nofollow" : ",redirect_dir=off"
        return "lowerdir=\(lower.reversed().joined(separator: ":")),upperdir=\(upper),workdir=\(work)"
            + ",index=off\(attributes),metacopy=off,volatile"
    }

    package func attach() throws(SystemError) {
        let result = directory.withPlatformString { directory in
            target.withPlatformString { ingot_mount_overlay(directory, $0, options) }
        }
        try check(result, "mount \(lower.count + 1) layers on '\(target)'")
    }
}

extension Mount {
    /// Moves a mount, with those below it, onto another directory.
    package static func move(_ source: FilePath, to target: FilePath) throws(SystemError) {
        let result = source.withPlatformString { source in
            target.withPlatformString { ingot_move_mount(source, $0) }
        }
        try check(result, "move the mount of '\(source)' to '\(target)'")
    }
}
