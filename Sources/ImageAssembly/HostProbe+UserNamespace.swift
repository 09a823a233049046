import Foundation
import Glibc
package import ImagePlanning
import LinuxOS
import SystemPackage

extension HostProbe {
    /// A build here can make no namespace and no mount, and works by chroot alone.
    package static let hasChrootOnly = SessionFooting.candidate() == .chroot

    /// The request as far as it can be met here: without mounts there is no tmpfs, and no stack of layers.
    package static func adapted(_ request: BuildRequest) -> BuildRequest {
        guard hasChrootOnly else { return request }
        var request = request
        request.usesTmpfs = false
        request.cache.isOn = false
        return request
    }

    /// What a build without root stands on; nothing for root with root's rights.
    ///
    /// The namespace is made for a trial, in a child, which takes a few milliseconds.
    static func userNamespace() -> HostFacts.UserNamespace? {
        let identities: SessionIdentities
        switch SessionFooting.candidate() {
        case .userNamespace(let found): identities = found
        case .chroot: return nil
        case .root:
            guard SessionFooting.root.refusal() != nil else { return nil }
            identities = .same()
        }
        let status = settings("/proc/self/status", separator: ":")
        var facts = HostFacts.UserNamespace(
            userName: SessionIdentities.currentUserName, userCount: identities.users.count,
            groupCount: identities.groups.count,
            firstFreeIdentity: SubordinateRange.firstFree([content("/etc/subuid"), content("/etc/subgid")]),
            hasTools: ["newuidmap", "newgidmap"].allSatisfy { SessionIdentities.tool($0) != nil },
            limit: UInt64(
                content("/proc/sys/user/max_user_namespaces").trimmingCharacters(in: .whitespacesAndNewlines)),
            isFiltered: status["Seccomp"] == "2", hasNoNewPrivileges: status["NoNewPrivs"] == "1",
            executable: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
        if let refusal = SessionFooting.userNamespace(identities).refusal() {
            facts.refusal =
                switch refusal.stage {
                case .userNamespace: .userNamespace
                case .identities: .identities
                case .namespaces: .namespaces
                case .mounts, .capabilities, .kernelView: .mounts
                }
            facts.reason = refusal.code.description
            if geteuid() == 0 {
                facts.missingCapabilities = ProcessCapabilities.current().missing(of: ProcessCapabilities.building)
            }
            facts.restrictions = restrictions()
        }
        return facts
    }

    /// Settings that distributions have added to the kernel, where they refuse → the value that allows.
    private static func restrictions() -> [String: String] {
        let known = [
            ("kernel.unprivileged_userns_clone", refusing: "0", allowing: "1"),
            ("kernel.apparmor_restrict_unprivileged_userns", refusing: "1", allowing: "0"),
        ]
        let found = known.filter { name, refusing, _ in
            let path = "/proc/sys/" + name.replacingOccurrences(of: ".", with: "/")
            return content(path).trimmingCharacters(in: .whitespacesAndNewlines) == refusing
        }
        return Dictionary(uniqueKeysWithValues: found.map { ($0.0, $0.allowing) })
    }

    private static func settings(_ path: String, separator: Character) -> [String: String] {
        let pairs = content(path).split(separator: "\n").compactMap { line -> (String, String)? in
            guard let place = line.firstIndex(of: separator) else { return nil }
            return (String(line[..<place]), line[line.index(after: place)...].trimmingCharacters(in: .whitespaces))
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private static func content(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
