/// The name of an element: the last component of its directory's real path (compat-core section 5.1).
///
/// Not validated: any directory name is an element name, and virtual names (`operating-system`) are of the same kind.
/// Names compare as bytes, which is upstream's order wherever an order can be seen.
package struct ElementName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    package static func < (left: ElementName, right: ElementName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// Words separated by blanks or line ends, as in the variable `IMAGE_ELEMENT`.
    package static func words(_ text: String) -> [ElementName] {
        text.split(whereSeparator: \.isWhitespace).map { ElementName(String($0)) }
    }
}

extension ElementName: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { text = value }
}

extension ElementName: Codable {
    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension ElementName {
    /// In every image unless `-n` is given.
    package static let base: ElementName = "base"
    /// Virtual: exactly one element of an image provides it.
    package static let operatingSystem: ElementName = "operating-system"
    /// Asks for a bootable disk, and with it for a partition layout.
    package static let virtualMachine: ElementName = "vm"
    package static let blockDeviceMBR: ElementName = "block-device-mbr"
    package static let blockDeviceEFI: ElementName = "block-device-efi"
    /// No element: what hooks of the running build added to the staged tree themselves.
    package static let build: ElementName = "(build)"
}
