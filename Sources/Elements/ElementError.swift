package import SystemPackage

/// Why elements cannot be found, put together, staged or read.
///
/// Texts are upstream's word for word where tests and users match them (compat-core sections 3.3, 5; inventory 4.10,
/// 4.12); what upstream leaves out, such as who asked for a missing element, is in `hint`.
package enum ElementError: Error, Hashable, Sendable {
    case searchPathUnset
    case searchPathEntryNotDirectory(String)
    case cannotRead(FilePath, Errno)
    case cannotParse(String, reason: String)
    case badDescription(ElementDescriptionProblem)

    case notFound(ElementName, neededBy: ElementName?, nearest: ElementName?)
    case alreadyProvided(ElementName, by: ElementName, and: ElementName)
    case requestedAreProvided([ProvidedName])
    case operatingSystemMissing(candidates: [ElementName])

    case duplicatedHook(place: String, elements: [ElementName])
    case invalidHookNamePattern(String, reason: String)

    case packageArchitectureConflict(PackageReference)
    case malformedCondition(String, PackageReference)
    case variableUnset(String, PackageReference)
    case duplicatedService(String, element: ElementName)

    /// A requested name and the element that stands for it.
    package struct ProvidedName: Hashable, Sendable {
        package let name: ElementName
        package let provider: ElementName
    }

    /// A package as named in the package-installs file of an element.
    package struct PackageReference: Hashable, Sendable {
        package let package: String
        package let element: ElementName
    }
}

extension ElementError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .searchPathUnset: "$ELEMENTS_PATH must be set."
        case .searchPathEntryNotDirectory(let entry): "ELEMENTS_PATH entry '\(entry)' is not a directory "
        case .cannotRead(let path, let errno): "cannot read '\(path)': \(errno)"
        case .cannotParse(let subject, let reason): "cannot parse '\(subject)': \(reason)"
        case .badDescription(let problem): problem.description
        case .notFound(let name, _, _): "Element '\(name)' not found"
        case .alreadyProvided(let name, let provider, _): "\(name): already provided by ['\(provider)']"
        case .requestedAreProvided(let names):
            (["The following elements are already provided by another element"]
                + names.map { "\($0.name) : already provided by ['\($0.provider)']" }).joined(separator: "\n")
        case .operatingSystemMissing: "Please include an operating system element"
        case .duplicatedHook(let place, let elements):
            "There is a duplicated hook in your elements: /\(place) (in \(Self.list(elements)))"
        case .invalidHookNamePattern(let pattern, let reason): "cannot use RUN_PARTS_REGEX '\(pattern)': \(reason)"
        case .packageArchitectureConflict(let reference):
            "package-installs configuration error: arch and not_arch given for package [\(reference.package)]"
        case .malformedCondition(let line, _): "Malformed when line: <\(line)>"
        case .variableUnset(let name, _): "The variable <\(name)> is not set"
        case .duplicatedService(let service, let element):
            "\(service) already found in services list.  Check \(element) for duplicate service name."
        }
    }

    /// One line that helps to mend the cause, if there is one to give.
    package var hint: String? {
        switch self {
        case .notFound(_, let dependant, let nearest):
            [dependant.map { "element '\($0)' depends on it" }, nearest.map { "did you mean '\($0)'?" }]
                .compactMap(\.self).nonEmptyJoined(separator: "; ")
        case .badDescription: "mend the file; 'dib-lint' checks it, docs/developing-elements.md says what belongs in it"
        case .alreadyProvided(let name, _, let second): "element '\(second)' provides '\(name)' too; leave one out"
        case .requestedAreProvided: "leave out either the name or the element that provides it"
        case .operatingSystemMissing(let candidates) where !candidates.isEmpty:
            "one of: " + candidates.map(\.text).joined(separator: ", ")
        case .packageArchitectureConflict(let reference), .malformedCondition(_, let reference),
            .variableUnset(_, let reference):
            "in the package-installs of element '\(reference.element)', package '\(reference.package)'"
        default: nil
        }
    }

    private static func list(_ names: [ElementName]) -> String {
        names.map { "'\($0)'" }.joined(separator: " and ")
    }
}

extension [String] {
    /// The joined words, or nothing when there are none.
    fileprivate func nonEmptyJoined(separator: String) -> String? {
        isEmpty ? nil : joined(separator: separator)
    }
}
