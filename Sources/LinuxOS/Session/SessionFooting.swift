internal import CLinux
internal import Glibc
package import SystemPackage

/// What a session of this process stands on: the rights it has, or a user namespace in which it has them.
package enum SessionFooting: Hashable, Sendable {
    /// Root: namespaces are made directly.
    case root
    /// An ordinary user, or root in a container that may make no mounts: root of a user namespace with these ids.
    case userNamespace(SessionIdentities)
    /// Root in a container that refuses every namespace: hooks have a chroot, and nothing is mounted.
    case chroot

    /// The best that this process could have; whether it is allowed only trying tells.
    package static func candidate() -> SessionFooting {
        guard geteuid() == 0 else { return .userNamespace(.subordinate()) }
        if Self.root.refusal() == nil { return .root }
        let identities = SessionIdentities.same()
        if Self.userNamespace(identities).refusal() == nil { return .userNamespace(identities) }
        return Self.chroot.refusal() == nil ? .chroot : .root
    }

    /// Tries, in a child, what the session will do: nothing if it is allowed, else how far it came.
    package func refusal() -> SessionRefusal? {
        var stage: Int32 = 0
        let result: Int32 =
            switch self {
            case .root: ingot_session_probe(nil, &stage)
            case .userNamespace(let identities): identities.withIdentities { ingot_session_probe($0, &stage) }
            case .chroot: Self.tryChroot(&stage)
            }
        guard result < 0 else { return nil }
        return SessionRefusal(stage: .init(rawValue: stage) ?? .namespaces, code: Errno(rawValue: -result))
    }

    private static func tryChroot(_ stage: inout Int32) -> Int32 {
        stage = SessionRefusal.Stage.capabilities.rawValue
        // In a user namespace no right makes a device.
        guard !Session.isInUserNamespace,
            ProcessCapabilities.current().missing(of: ProcessCapabilities.building).isEmpty
        else { return -EPERM }
        stage = SessionRefusal.Stage.kernelView.rawValue
        return ingot_view_probe()
    }
}

/// Why a session cannot be opened.
package struct SessionRefusal: Hashable, Sendable {
    package enum Stage: Int32, Hashable, Sendable {
        case userNamespace = 1
        case identities = 2
        case namespaces = 3
        case mounts = 4
        /// Root that lacks some of root's rights.
        case capabilities = 5
        /// No way to show the kernel's files in a chroot.
        case kernelView = 6
    }

    package let stage: Stage
    package let code: Errno

    var attempt: String {
        switch stage {
        case .userNamespace: "create a user namespace"
        case .identities: "map user and group ids"
        case .namespaces: "create mount and PID namespaces"
        case .mounts: "make mounts private"
        case .capabilities: "make trees as root"
        case .kernelView: "show the kernel's files in a chroot"
        }
    }
}

/// The ids of a session's user namespace, and the programs that have the right to give them.
package struct SessionIdentities: Hashable, Sendable {
    package let users: IdentityMap
    package let groups: IdentityMap
    /// newuidmap and newgidmap; nothing where this process writes the maps itself.
    package let tools: Tools?

    package struct Tools: Hashable, Sendable {
        package let users: String
        package let groups: String
    }

    /// What `/etc/subuid` and `/etc/subgid` give this user.
    package static func subordinate() -> SessionIdentities {
        let (user, name) = (UInt64(getuid()), currentUserName)
        func map(_ file: FilePath, _ kind: String, _ own: UInt64) -> IdentityMap {
            let given = SubordinateRange.ranges((try? FileText.string(of: file)) ?? "", user: name, id: user)
            return IdentityMap.current(kind).rootless(own: own, subordinate: given)
        }
        let tools = Tools(users: tool("newuidmap") ?? "newuidmap", groups: tool("newgidmap") ?? "newgidmap")
        return SessionIdentities(
            users: map("/etc/subuid", "uid", user), groups: map("/etc/subgid", "gid", UInt64(getgid())), tools: tools)
    }

    /// Those that there are here, under the same numbers.
    package static func same() -> SessionIdentities {
        SessionIdentities(
            users: IdentityMap.current("uid").identity, groups: IdentityMap.current("gid").identity, tools: nil)
    }

    /// As the password database has it; the number where it has none.
    package static var currentUserName: String {
        getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? String(getuid())
    }

    package static func tool(_ name: String) -> String? {
        ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"].map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    func withIdentities(_ body: (UnsafePointer<ingot_identities>) -> Int32) -> Int32 {
        users.text.withCString { users in
            groups.text.withCString { groups in
                guard let tools else {
                    var identities = ingot_identities(users: users, groups: groups, user_tool: nil, group_tool: nil)
                    return body(&identities)
                }
                return tools.users.withCString { userTool in
                    tools.groups.withCString { groupTool in
                        var identities = ingot_identities(
                            users: users, groups: groups, user_tool: userTool, group_tool: groupTool)
                        return body(&identities)
                    }
                }
            }
        }
    }
}

extension IdentityMap {
    /// Of this process: `uid` or `gid`.
    package static func current(_ kind: String) -> IdentityMap {
        IdentityMap(parsing: (try? FileText.string(of: FilePath("/proc/self/\(kind)_map"))) ?? "")
    }
}
