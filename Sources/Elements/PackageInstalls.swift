package import Basics

/// The packages that the elements of a build install and uninstall in each phase (elements-inventory section 4.10).
///
/// Names are unmapped: each goes through the package map of the element that asks for it.
package struct PackageInstalls: Hashable, Sendable {
    /// A package, and who asks for it.
    package struct Item: Hashable, Sendable {
        package let element: ElementName
        package let package: String

        package init(element: ElementName, package: String) {
            self.element = element
            self.package = package
        }
    }

    /// What happens to packages in one phase, in element order.
    package struct Phase: Hashable, Sendable {
        package var install: [Item] = []
        package var uninstall: [Item] = []
    }

    /// The phases that install packages, each with its lists; both may be empty.
    package private(set) var phases: [HookPhase: Phase] = [:]
    package private(set) var warnings: [String] = []

    private static let installingPhases: [HookPhase] = [.preInstall, .install, .postInstall]

    /// The files of a build's elements, in element order, under the variables that rules look at.
    package static func resolve(
        _ files: [(element: ElementName, file: PackageInstallsFile)], variables: Environment
    ) throws(ElementError) -> PackageInstalls {
        var result = PackageInstalls()
        for (element, file) in files {
            result.warnings += file.warnings
            for entry in file.entries {
                for rule in entry.rules {
                    try result.take(rule, Item(element: element, package: entry.package), variables)
                }
            }
        }
        return result
    }

    /// A rule counts only where all its conditions hold; one that does not must not undo another's uninstallation,
    /// as it does upstream.
    private mutating func take(_ rule: PackageRule, _ item: Item, _ variables: Environment) throws(ElementError) {
        guard try rule.applies(to: .init(package: item.package, element: item.element), variables: variables) else {
            return
        }
        guard let phase = Self.installingPhases.first(where: { $0.directoryName == rule.phase }) else {
            warnings.append(
                "package '\(item.package)' of element '\(item.element)' is never installed: no packages in phase '\(rule.phase)'"
            )
            return
        }
        phases[phase, default: Phase()].take(rule, item)
    }
}

extension PackageInstalls.Phase {
    /// Whoever wants a package to stay prevails over those who want it gone, whatever the order.
    fileprivate mutating func take(_ rule: PackageRule, _ item: PackageInstalls.Item) {
        guard rule.uninstalls || rule.isBuildOnly else {
            uninstall.removeAll { $0.package == item.package }
            install.addOnce(item)
            return
        }
        let isToStay =
            install.contains { $0.package == item.package } && !uninstall.contains { $0.package == item.package }
        if rule.isBuildOnly { install.addOnce(item) }
        if !isToStay { uninstall.addOnce(item) }
    }
}

extension [PackageInstalls.Item] {
    fileprivate mutating func addOnce(_ item: PackageInstalls.Item) {
        if !contains(item) { append(item) }
    }
}
