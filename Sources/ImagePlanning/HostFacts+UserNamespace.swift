extension HostFacts {
    /// What decides whether a process without root may have a user namespace of its own, with the ids of an image.
    package struct UserNamespace: Hashable, Sendable, Codable {
        /// How far a trial came before it was refused.
        package enum Refusal: String, Hashable, Sendable, Codable {
            case userNamespace
            case identities
            case namespaces
            case mounts
        }

        /// Nothing if a trial succeeded.
        package var refusal: Refusal?
        /// The kernel's word for it.
        package var reason: String
        package var userName: String
        /// Ids that the namespace has, root's included; 65535 are what images use.
        package var userCount: UInt64
        package var groupCount: UInt64
        /// The first id that no user has been given.
        package var firstFreeIdentity: UInt64
        /// newuidmap and newgidmap are installed.
        package var hasTools: Bool
        /// `user.max_user_namespaces`, which may be 0.
        package var limit: UInt64?
        /// Settings of the kernel that refuse user namespaces to ordinary users, by name → the value that allows them.
        package var restrictions: [String: String]
        /// A filter of system calls is on, as containers have it.
        package var isFiltered: Bool
        /// Set-uid programs do not get their rights here, so newuidmap cannot work.
        package var hasNoNewPrivileges: Bool
        /// Rights of root that root of this container lacks, and without which there is no build by chroot alone either.
        package var missingCapabilities: [String]
        /// This program's own file, for the rule that allows it.
        package var executable: String

        package init(
            refusal: Refusal? = nil, reason: String = "", userName: String = "", userCount: UInt64 = 65_537,
            groupCount: UInt64 = 65_537, firstFreeIdentity: UInt64 = 100_000, hasTools: Bool = true,
            limit: UInt64? = nil, restrictions: [String: String] = [:], isFiltered: Bool = false,
            hasNoNewPrivileges: Bool = false, missingCapabilities: [String] = [], executable: String = ""
        ) {
            self.refusal = refusal
            self.reason = reason
            self.userName = userName
            self.userCount = userCount
            self.groupCount = groupCount
            self.firstFreeIdentity = firstFreeIdentity
            self.hasTools = hasTools
            self.limit = limit
            self.restrictions = restrictions
            self.isFiltered = isFiltered
            self.hasNoNewPrivileges = hasNoNewPrivileges
            self.missingCapabilities = missingCapabilities
            self.executable = executable
        }

        /// Ids 0 to 65534, the last of which is `nobody`.
        package static let neededIdentities: UInt64 = 65_535
    }
}
