package import Basics
package import Elements
package import SystemPackage

/// Which block-device configuration a build uses, and where it came from (compat-core section 3.5).
package struct BlockDeviceDocument: Hashable, Sendable {
    package enum Origin: Hashable, Sendable, CustomStringConvertible {
        /// `DIB_BLOCK_DEVICE_CONFIG=file://PATH`.
        case file(FilePath)
        /// The text of `DIB_BLOCK_DEVICE_CONFIG` itself.
        case variable
        case element(ElementName, FilePath)
        /// No table: the root file system on the whole disk.
        case fallback

        package var description: String {
            switch self {
            case .file(let path): "DIB_BLOCK_DEVICE_CONFIG (\(path))"
            case .variable: "DIB_BLOCK_DEVICE_CONFIG"
            case .element(let name, let path): "element '\(name)' (\(path.lastComponent?.string ?? ""))"
            case .fallback: "built-in fallback"
            }
        }
    }

    package let origin: Origin
    package let text: String

    package init(origin: Origin, text: String) {
        self.origin = origin
        self.text = text
    }

    /// The log line upstream prints for this choice.
    package var logLines: [String] {
        switch origin {
        case .file(let path): ["Using file-based block-device config: \(path)"]
        case .variable: ["User specified block-device config from DIB_BLOCK_DEVICE_CONFIG"]
        case .element(_, let path): ["Using block-device config: \(path)"]
        case .fallback: ["Using default block-device fallback config"]
        }
    }

    /// The names an element's layout may have for an architecture, in the order they are looked for.
    ///
    /// Both little-endian POWER names share a file; big-endian ppc64 does not (wart 13.40).
    package static func fileNames(for architecture: Architecture) -> [String] {
        let name = architecture.isLittleEndianPower ? "ppc64el" : architecture.name
        return ["block-device-\(name).yaml", "block-device-default.yaml"]
    }
}
