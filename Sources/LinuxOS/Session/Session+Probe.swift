internal import CLinux
internal import SystemPackage

extension Session {
    /// Whether this process may create the namespaces of a session by its own rights.
    ///
    /// Tried in a child, which takes about a millisecond.
    package static var isPossible: Bool { SessionFooting.root.refusal() == nil }

    /// False in the engine of a session by chroot alone: nothing can be mounted there.
    package static let hasMounts = ingot_session_has_no_mounts() == 0

    /// Whether this process is root of a user namespace, and not of the machine: device nodes, `trusted.` attributes
    /// and file systems on devices are then out of reach.
    ///
    /// The first namespace has a number of its own (PROC_USER_INIT_INO of include/linux/proc_ns.h).
    package static let isInUserNamespace: Bool = {
        guard let link = FileText.target(ofLink: "/proc/self/ns/user") else { return false }
        return link.string != "user:[4026531837]"
    }()
}
