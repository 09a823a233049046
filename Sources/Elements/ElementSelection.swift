/// The elements of an image, dependencies included, each with the reasons it is there.
///
/// The order is that of discovery, breadth first from the requested names; it decides the order in which hooks are
/// staged and package lists merged. Upstream's order is that of a Python set, so any fixed order is compatible.
package struct ElementSelection: Hashable, Sendable {
    /// An element of the image.
    package struct Member: Hashable, Sendable {
        package let element: Element
        /// At least one; what was asked for comes first, dependants in the order of the selection.
        package let reasons: [ElementReason]
    }

    /// The initial list, as printed by `Building elements: …`.
    package let requested: [ElementName]
    package let members: [Member]
    /// Each provided name with the element that stands for it.
    package let providers: [ElementName: ElementName]

    package var elements: [Element] { members.map(\.element) }
    package var names: [ElementName] { members.map(\.element.name) }

    package subscript(name: ElementName) -> Member? { members.first { $0.element.name == name } }

    /// Whether some name contains the text: how upstream tests for `block-device-efi` and `no-final-image`.
    package func containsName(including text: String) -> Bool { names.contains { $0.text.contains(text) } }
}
