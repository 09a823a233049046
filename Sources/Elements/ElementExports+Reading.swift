package import Basics
import SystemPackage
import Yams

extension ElementExports {
    /// The elements of the build a process runs in, from what `environment` exported to it.
    ///
    /// They come in the order of `IMAGE_ELEMENT`; those it does not name follow, sorted as in `IMAGE_ELEMENT_YAML`.
    /// Dependencies are not exported and stay empty.
    package static func elements(in variables: Environment) throws(ElementError) -> [Element] {
        let name = "IMAGE_ELEMENT_YAML"
        guard let text = variables.nonEmpty(name) else { throw .cannotParse("$" + name, reason: "it is not set") }
        var elements: [ElementName: Element] = [:]
        var order = ElementName.words(variables["IMAGE_ELEMENT"] ?? "")
        for (element, value) in try YAMLDocument.pairs(of: text, named: "$" + name) {
            guard let path = value.scalar?.string, !path.isEmpty else {
                throw .cannotParse("$" + name, reason: "'\(element)' has no path")
            }
            elements[ElementName(element)] = Element(name: ElementName(element), path: FilePath(path))
            order.append(ElementName(element))
        }
        return order.compactMap { elements.removeValue(forKey: $0) }
    }
}
