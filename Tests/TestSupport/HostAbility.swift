import Foundation
package import Testing

/// What a test may need of the machine; each is probed, and a missing one is the reason a test is skipped with.
package enum HostAbility: Sendable, CustomStringConvertible {
    case root
    case loopDevices
    /// The kernel's device-mapper, not only its device node.
    case deviceMapper
    case tool(String)
    /// Python with the outside readers of SBOM and provenance documents, made by `make test-deps`.
    case documentJudges
    /// A variable of the environment set to 1, for tiers that are opt-in.
    case optIn(String)

    package var description: String {
        switch self {
        case .root: "root"
        case .loopDevices: "/dev/loop-control"
        case .deviceMapper: "device-mapper in the kernel (/dev/mapper/control)"
        case .tool(let name): "tool '\(name)'"
        case .documentJudges: "'\(Self.judges)' (make test-deps)"
        case .optIn(let name): "\(name)=1"
        }
    }

    /// The interpreter that has them.
    package static var judges: String { "\(Checkout.root)/.build/judges/bin/python3" }

    package var isPresent: Bool {
        switch self {
        case .root: geteuid() == 0
        case .loopDevices: access("/dev/loop-control", R_OK | W_OK) == 0
        case .deviceMapper:
            if case let descriptor = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), descriptor >= 0 {
                close(descriptor) == 0
            } else {
                false
            }
        case .tool(let name):
            ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
                .contains { access("\($0)/\(name)", X_OK) == 0 }
        case .documentJudges: access(Self.judges, X_OK) == 0
        case .optIn(let name): ProcessInfo.processInfo.environment[name] == "1"
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, naming what is missing, unless the machine has every ability listed.
    package static func requires(_ abilities: HostAbility...) -> Self { requires(abilities) }

    package static func requires(_ abilities: [HostAbility]) -> Self {
        let missing = abilities.filter { !$0.isPresent }
        return .enabled(if: missing.isEmpty, "needs \(missing.map(\.description).joined(separator: ", "))")
    }
}
