import ImagePlanning
import Testing

/// What a user's namespace lacks: one line each, with the command that allows it.
@Suite struct UserNamespaceCheckTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let space: HostFacts.UserNamespace
        let expected: HostCheck

        init(
            _ what: String, _ space: HostFacts.UserNamespace, _ detail: String, _ remedy: String,
            packages: [String] = []
        ) {
            testDescription = what
            self.space = space
            expected = HostCheck("user namespace", .missing, detail, remedy: remedy, packages: packages)
        }
    }

    private func privileges(_ space: HostFacts.UserNamespace) -> HostCheck? {
        let facts = HostFacts(
            effectiveUserID: 1000, distribution: .init(identifier: "debian"), userNamespace: space)
        return HostCheck.checks(facts, HostNeeds(tools: [])).first
    }

    @Test("what is in the way is named with the command that allows it", arguments: cases)
    func reports(testCase: Case) {
        #expect(privileges(testCase.space) == testCase.expected)
    }

    @Test func aUserWithANamespaceNeedsNoRoot() {
        #expect(
            privileges(.init())
                == HostCheck("user namespace", .ok, "hooks run as root of a user namespace with 65537 ids"))
    }

    @Test func aContainerWithoutNamespacesBuildsByChrootAloneButHasNoLoopDevices() {
        var needs = HostNeeds(tools: [])
        needs.needsLoopDevices = true
        let checks = HostCheck.checks(HostFacts(hasLoopControl: true, hasChrootOnly: true), needs)
        #expect(checks.prefix(2).map(\.title) == ["namespaces", "loop devices"])
        #expect(checks.prefix(2).map(\.status) == [.warning, .missing])
        #expect(checks[0].detail.hasPrefix("this container allows none: hooks run by chroot alone"))
        #expect(checks[1].detail == "in this container nothing can be mounted")
    }

    private static let cases = [
        Case(
            "a user without newuidmap", .init(hasTools: false),
            "newuidmap and newgidmap are not installed; needed to have the ids of an image without root",
            "sudo apt-get install -y uidmap", packages: ["uidmap"]),
        Case(
            "a user without subordinate ids",
            .init(refusal: .identities, userName: "me", userCount: 1, groupCount: 1, firstFreeIdentity: 231_072),
            "/etc/subuid gives 'me' 0 ids that exist here; images need 65534",
            "sudo usermod --add-subuids 231072-296607 --add-subgids 231072-296607 me"),
        Case(
            "a user with too few group ids", .init(refusal: .identities, userName: "me", groupCount: 1001),
            "/etc/subgid gives 'me' 1000 ids that exist here; images need 65534",
            "sudo usermod --add-subgids 100000-165535 me"),
        Case(
            "a kernel without user namespaces", .init(refusal: .userNamespace, limit: 0),
            "the kernel allows no user namespaces (user.max_user_namespaces)",
            "sudo sysctl -w user.max_user_namespaces=15000 (to keep it: echo 'user.max_user_namespaces=15000' | sudo tee /etc/sysctl.d/60-ingot.conf)"
        ),
        Case(
            "Debian's old setting",
            .init(refusal: .userNamespace, restrictions: ["kernel.unprivileged_userns_clone": "1"]),
            "the kernel allows ordinary users no user namespaces (kernel.unprivileged_userns_clone)",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1 (to keep it: echo 'kernel.unprivileged_userns_clone=1' | sudo tee /etc/sysctl.d/60-ingot.conf)"
        ),
        Case(
            "Ubuntu's AppArmor",
            .init(
                refusal: .namespaces, restrictions: ["kernel.apparmor_restrict_unprivileged_userns": "0"],
                executable: "/usr/local/bin/ingot"),
            "AppArmor takes the rights in user namespaces away (kernel.apparmor_restrict_unprivileged_userns=1)",
            "echo 'abi <abi/4.0>, include <tunables/global> profile ingot /usr/local/bin/ingot flags=(unconfined) { userns, }' | sudo tee /etc/apparmor.d/ingot && sudo apparmor_parser -r /etc/apparmor.d/ingot"
        ),
        Case(
            "a filter of system calls, before what would not mend it",
            .init(
                refusal: .userNamespace, reason: "Operation not permitted", userCount: 1, hasTools: false,
                isFiltered: true),
            "the container's filter of system calls refuses user namespaces: Operation not permitted",
            "run it as root of the container; or start that with podman, whose own filter allows them, or with docker run --security-opt seccomp=FILE and the FILE of docs/rootless.md"
        ),
        Case(
            "a container's root that has not even the rights for a chroot",
            .init(
                refusal: .userNamespace, reason: "Operation not permitted", isFiltered: true,
                missingCapabilities: ["MKNOD", "SETFCAP"]),
            "the container's filter of system calls refuses user namespaces, and a build by chroot alone lacks MKNOD, SETFCAP",
            "leave the container Docker's own capabilities: docker run --cap-add MKNOD --cap-add SETFCAP"),
        Case(
            "no_new_privs", .init(refusal: .identities, reason: "Operation not permitted", hasNoNewPrivileges: true),
            "newuidmap does not get its rights here (no_new_privs): Operation not permitted",
            "start the program, or its container, without no-new-privileges"),
        Case(
            "newuidmap without its rights", .init(refusal: .identities, reason: "Operation not permitted"),
            "ids cannot be mapped: Operation not permitted",
            "cd /usr/bin && sudo chmod u-s newuidmap newgidmap && sudo setcap cap_setuid=ep newuidmap && sudo setcap cap_setgid=ep newgidmap"
        ),
        Case(
            "no mounts in the namespace", .init(refusal: .mounts, reason: "Permission denied"),
            "no mounts can be made in a user namespace: Permission denied",
            "in a container, start it with --security-opt apparmor=unconfined --security-opt label=disable; else run it with sudo"
        ),
    ]
}
