internal import CLinux

extension Session {
    /// Whether this process may create the namespaces of a session: tried in a child, which takes about a millisecond.
    package static var isPossible: Bool { ingot_session_probe() == 0 }
}
