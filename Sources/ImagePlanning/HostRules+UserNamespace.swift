/// What a build without root asks of its host, with the exact command that allows it.
extension HostRules {
    /// One check for an ordinary user's namespace, or that of root in a container; the first thing that is in the way.
    func userNamespace(_ space: HostFacts.UserNamespace) -> HostCheck {
        let title = "user namespace"
        func missing(_ detail: String, _ remedy: String, packages: [String] = []) -> HostCheck {
            HostCheck(title, .missing, detail, remedy: remedy, packages: packages)
        }
        // What a container's filter refuses, no tool and no ids mend.
        let isRefusedByFilter =
            space.refusal == .userNamespace && space.isFiltered && space.limit != 0 && space.restrictions.isEmpty
        if facts.effectiveUserID != 0, !isRefusedByFilter {
            if !space.hasTools {
                let manager = HostPackages.Manager(facts.distribution)
                let package = manager == .dnf ? "shadow-utils" : "uidmap"
                return missing(
                    "newuidmap and newgidmap are not installed; needed to have the ids of an image without root",
                    manager.map { Self.asRoot("\($0.command) \(package)", facts) } ?? "install '\(package)'",
                    packages: manager == nil ? [] : [package])
            }
            if let lack = identities(space) { return missing(lack.detail, lack.remedy) }
        }
        guard let refusal = space.refusal else {
            return HostCheck(
                title, .ok, "hooks run as root of a user namespace with \(min(space.userCount, space.groupCount)) ids")
        }
        let (detail, remedy) = explanation(of: refusal, space)
        return missing(detail, remedy)
    }

    private func identities(_ space: HostFacts.UserNamespace) -> (detail: String, remedy: String)? {
        let needed = HostFacts.UserNamespace.neededIdentities
        let lacks = [("subuids", "/etc/subuid", space.userCount), ("subgids", "/etc/subgid", space.groupCount)]
            .filter { $0.2 < needed }
        guard let first = lacks.first else { return nil }
        let range = "\(space.firstFreeIdentity)-\(space.firstFreeIdentity + 65_535)"
        let options = lacks.map { "--add-\($0.0) \(range)" }.joined(separator: " ")
        return (
            "\(first.1) gives '\(space.userName)' \(first.2 - min(first.2, 1)) ids that exist here; images need \(needed - 1)",
            "sudo usermod \(options) \(space.userName)"
        )
    }

    private func explanation(
        of refusal: HostFacts.UserNamespace.Refusal, _ space: HostFacts.UserNamespace
    ) -> (detail: String, remedy: String) {
        if space.limit == 0 {
            return (
                "the kernel allows no user namespaces (user.max_user_namespaces)",
                Self.set("user.max_user_namespaces=15000")
            )
        }
        if let setting = space.restrictions.sorted(by: { $0.key < $1.key }).first {
            if setting.key == Self.appArmorSetting {
                return (
                    "AppArmor takes the rights in user namespaces away (\(setting.key)=1)",
                    Self.appArmor(space.executable)
                )
            }
            return (
                "the kernel allows ordinary users no user namespaces (\(setting.key))",
                Self.set("\(setting.key)=\(setting.value)")
            )
        }
        switch refusal {
        case .identities where space.hasNoNewPrivileges:
            return (
                "newuidmap does not get its rights here (no_new_privs): \(space.reason)",
                "start the program, or its container, without no-new-privileges"
            )
        case .identities:
            // A set-uid newuidmap needs more than a container's root has; one with file capabilities does not.
            return (
                "ids cannot be mapped: \(space.reason)",
                facts.effectiveUserID == 0
                    ? "in a container, leave it the capabilities SETUID and SETGID"
                    : "cd /usr/bin && sudo chmod u-s newuidmap newgidmap && sudo setcap cap_setuid=ep newuidmap "
                        + "&& sudo setcap cap_setgid=ep newgidmap"
            )
        case .userNamespace where space.isFiltered && !space.missingCapabilities.isEmpty:
            return lacksRights(space.missingCapabilities)
        case .userNamespace where space.isFiltered:
            return (
                "the container's filter of system calls refuses user namespaces: \(space.reason)",
                "run it as root of the container; or start that with podman, whose own filter allows them, or with docker run --security-opt seccomp=FILE and the FILE of docs/rootless.md"
            )
        case .userNamespace: return ("user namespaces cannot be made: \(space.reason)", "run it with sudo, or as root")
        case .namespaces, .mounts:
            return (
                "no mounts can be made in a user namespace: \(space.reason)",
                "in a container, start it with --security-opt apparmor=unconfined --security-opt label=disable; else run it with sudo"
            )
        }
    }

    static let appArmorSetting = "kernel.apparmor_restrict_unprivileged_userns"

    private static func set(_ assignment: String) -> String {
        "sudo sysctl -w \(assignment) (to keep it: echo '\(assignment)' | sudo tee /etc/sysctl.d/60-ingot.conf)"
    }

    /// One rule for this program alone, not the switch for all.
    private static func appArmor(_ executable: String) -> String {
        let rule = "abi <abi/4.0>, include <tunables/global> profile ingot \(executable) flags=(unconfined) { userns, }"
        return "echo '\(rule)' | sudo tee /etc/apparmor.d/ingot && sudo apparmor_parser -r /etc/apparmor.d/ingot"
    }
}
