package import Basics

/// Why an element is in an image; shown by `ingot plan`.
package enum ElementReason: Hashable, Sendable, Codable {
    case commandLine
    /// Named in the variable `IMAGE_ELEMENT`.
    case environment
    case impliedBase
    case ramdisk
    /// `vm` without a layout of its own, on this architecture.
    case defaultBlockDevice(Architecture)
    case dependency(of: ElementName)
    /// Stands for a name that the build needs: another element's dependency, or `operating-system`.
    case provides(ElementName)
}

extension ElementReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .commandLine: "requested"
        case .environment: "requested by IMAGE_ELEMENT"
        case .impliedBase: "implied unless -n is given"
        case .ramdisk: "makes the ramdisk"
        case .defaultBlockDevice(let architecture): "default block device of vm on \(architecture)"
        case .dependency(let element): "dependency of \(element)"
        case .provides(let name): "provides \(name)"
        }
    }
}
