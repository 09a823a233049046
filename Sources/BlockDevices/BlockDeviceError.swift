/// Where in a block-device document something stands: the path of keys from the top, and the line if it is known.
///
/// Part of every complaint about a document, because one line of YAML is found faster than one node of a graph.
package struct ConfigurationLocation: Hashable, Sendable, Codable, CustomStringConvertible {
    package let path: String
    package let line: Int?

    package init(path: String = "", line: Int? = nil) {
        self.path = path
        self.line = line
    }

    package func appending(key: String, line: Int?) -> ConfigurationLocation {
        ConfigurationLocation(path: path.isEmpty ? key : "\(path).\(key)", line: line ?? self.line)
    }

    package func appending(index: Int, line: Int?) -> ConfigurationLocation {
        ConfigurationLocation(path: "\(path)[\(index)]", line: line ?? self.line)
    }

    package var description: String {
        let place = path.isEmpty ? "the top level" : path
        return line.map { "\(place), line \($0)" } ?? place
    }
}

/// Why a block-device document cannot be used.
///
/// The message is upstream's wherever upstream has one.
package struct BlockDeviceError: Error, Hashable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The text is not YAML, or no list of mappings with one key each.
        case document
        /// A node's own keys are missing, of the wrong type or contradictory.
        case node
        /// Nodes do not fit together: duplicate or undefined names, cycles, wrong kinds of base.
        case graph
        /// Sizes: what is asked for does not fit the image.
        case layout
        /// A question about the document that it has no answer to.
        case symbol
    }

    package let kind: Kind
    package let message: String
    package let location: ConfigurationLocation?

    package init(_ kind: Kind, _ message: String, at location: ConfigurationLocation? = nil) {
        self.kind = kind
        self.message = message
        self.location = location
    }

    package var description: String {
        location.map { "\(message) (at \($0))" } ?? message
    }
}
