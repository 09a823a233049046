import DiskFormats

/// What a layer depends on: named parts, each with a digest, so that a difference can be named.
package struct LayerKey: Hashable, Sendable, Codable {
    package struct Component: Hashable, Sendable, Codable {
        /// What a person would call it: `variable DIB_RELEASE`, `file bin/install-packages of dpkg`.
        package let name: String
        package let digest: String

        package init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    package private(set) var components: [Component] = []

    package init() {}

    /// Adds a part by its bytes' digest.
    package mutating func add(_ name: String, digest: String) {
        components.append(Component(name: name, digest: digest))
    }

    /// Adds a part by its text.
    package mutating func add(_ name: String, _ text: String) throws {
        add(name, digest: try sha256(of: text))
    }

    /// SHA-256 over all parts, the first 128 bits of it: names of directories.
    package func text() throws -> String {
        let lines = components.map { "\($0.name.utf8.count) \($0.name) \($0.digest)\n" }
        return String(try sha256(of: lines.joined()).prefix(32))
    }

    /// What has changed since `old`, in words; nothing if they are equal.
    package func firstDifference(from old: LayerKey) -> String? {
        let known = Dictionary(old.components.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let names = Set(components.map(\.name))
        for component in components {
            guard let digest = known[component.name] else { return "\(component.name) is new" }
            if digest != component.digest { return "\(component.name) has changed" }
        }
        return old.components.first { !names.contains($0.name) }.map { "\($0.name) is gone" }
    }
}
