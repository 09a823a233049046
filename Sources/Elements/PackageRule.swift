import Basics

/// One set of properties that an element gives a package: whether, in which phase and how it is installed.
package struct PackageRule: Hashable, Sendable {
    package var phase = HookPhase.install.directoryName
    package var installType: String?
    package var architectures: [String]?
    package var excludedArchitectures: [String]?
    package var pythonVersion: String?
    /// Each `VARIABLE = value` or `VARIABLE != value`; all must hold.
    package var conditions: [String] = []
    package var uninstalls = false
    /// Installed in the phase, and uninstalled at its end.
    package var isBuildOnly = false

    package init() {}

    /// Whether the rule counts in a build with these variables, in upstream's order of questions: the later ones may
    /// be ill-formed only where the earlier ones hold.
    func applies(to reference: ElementError.PackageReference, variables: Environment) throws(ElementError) -> Bool {
        guard installType == nil || installType == Self.installType(of: reference.element, variables) else {
            return false
        }
        guard try matchesArchitecture(reference, variables) else { return false }
        guard pythonVersion == nil || pythonVersion == variables["DIB_PYTHON_VERSION"] ?? "" else { return false }
        var holds = true
        for condition in conditions {
            guard let condition = Condition(condition) else { throw .malformedCondition(condition, reference) }
            guard let value = variables[condition.variable] else {
                throw .variableUnset(condition.variable, reference)
            }
            if !condition.holds(value) { holds = false }
        }
        return holds
    }

    private func matchesArchitecture(
        _ reference: ElementError.PackageReference, _ variables: Environment
    ) throws(ElementError) -> Bool {
        guard architectures != nil || excludedArchitectures != nil else { return true }
        guard architectures == nil || excludedArchitectures == nil else {
            throw .packageArchitectureConflict(reference)
        }
        guard let architecture = variables["ARCH"] else { throw .variableUnset("ARCH", reference) }
        if let architectures { return architectures.contains(architecture) }
        return excludedArchitectures?.contains(architecture) == false
    }

    /// How an element installs its software: by its own variable, by the common one, or from source.
    private static func installType(of element: ElementName, _ variables: Environment) -> String {
        variables["DIB_INSTALLTYPE_" + element.text.replacing("-", with: "_")]
            ?? variables["DIB_DEFAULT_INSTALLTYPE"] ?? "source"
    }
}

/// A comparison in a `when` property: the value is the rest of the line, blanks at its end included.
private struct Condition {
    let variable: String
    private let value: String
    private let isEqual: Bool

    init?(_ line: String) {
        let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        var rest = line[name.endIndex...].drop(while: \.isWhitespace)
        isEqual = rest.first == "="
        if !isEqual, rest.first == "!" { rest = rest.dropFirst() }
        guard !name.isEmpty, rest.first == "=" else { return nil }
        variable = String(name)
        value = String(rest.dropFirst().drop(while: \.isWhitespace).prefix { !$0.isNewline })
    }

    func holds(_ present: String) -> Bool { (present == value) == isEqual }
}
