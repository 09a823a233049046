import Basics

/// One thing a build needs of its host, and whether it is there.
package struct HostCheck: Hashable, Sendable, Codable {
    package enum Status: String, Hashable, Sendable, Codable {
        case ok
        /// The build will work, but slower or at a risk.
        case warning
        /// The build cannot work.
        case missing
    }

    package var title: String
    package var status: Status
    package var detail: String
    /// The command, or the advice, that mends a miss.
    package var remedy: String?
    /// Packages whose installation mends it; they can be installed all at once.
    package var packages: [String]

    package init(_ title: String, _ status: Status, _ detail: String, remedy: String? = nil, packages: [String] = []) {
        self.title = title
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.packages = packages
    }

    /// All checks in a fixed order: privileges, kernel, tools, room.
    package static func checks(_ facts: HostFacts, _ needs: HostNeeds) -> [HostCheck] {
        let rules = HostRules(facts: facts, needs: needs)
        return rules.privileges + rules.kernel + rules.tools + rules.room
    }

    /// One command that installs everything the checks miss; nil if there is nothing, or no package manager we know.
    package static func installCommand(for checks: [HostCheck], on facts: HostFacts) -> String? {
        let packages = Set(checks.flatMap(\.packages)).sorted()
        guard !packages.isEmpty, let manager = HostPackages.Manager(facts.distribution) else { return nil }
        return HostRules.asRoot("\(manager.command) \(packages.joined(separator: " "))", facts)
    }
}
