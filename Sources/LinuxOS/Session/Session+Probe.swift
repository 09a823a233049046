extension Session {
    /// Whether this process may create the namespaces of a session by its own rights.
    ///
    /// Tried in a child, which takes about a millisecond.
    package static var isPossible: Bool { SessionFooting.root.refusal() == nil }

    /// Whether this process is root of a user namespace, and not of the machine: device nodes, `trusted.` attributes
    /// and file systems on devices are then out of reach.
    package static let isInUserNamespace = !IdentityMap.current("uid").isInitial
}
