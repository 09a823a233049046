import Basics
import Foundation

/// The JSON documents of an OCI image, with keys in a fixed order.
struct OCIDocuments {
    let image: OCIArchive
    let layer: OCIArchive.Blob
    /// SHA-256 of the layer before compression.
    let difference: String

    static let layout = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    func configuration() throws -> [UInt8] {
        let chosen = image.configuration
        let ports = chosen.exposedPorts.isEmpty ? nil : chosen.exposedPorts
        let platform = Platform(image.architecture)
        return try encode(
            Configuration(
                created: image.created.map(Self.date), architecture: platform.architecture, variant: platform.variant,
                os: platform.os,
                config: .init(
                    User: chosen.user.nonEmpty, ExposedPorts: ports.map { Dictionary($0) { _ in Empty() } },
                    Env: chosen.environment.nonEmpty, Entrypoint: chosen.entrypoint.nonEmpty,
                    Cmd: chosen.command.nonEmpty, WorkingDir: chosen.workingDirectory.nonEmpty,
                    Labels: chosen.labels.isEmpty ? nil : chosen.labels),
                rootfs: .init(diff_ids: ["sha256:\(difference)"]),
                history: [.init(created: image.created.map(Self.date))]))
    }

    func manifest(configuration: OCIArchive.Blob) throws -> [UInt8] {
        let suffix = image.compression == .none ? "" : "+\(image.compression.rawValue)"
        return try encode(
            Manifest(
                config: Descriptor("application/vnd.oci.image.config.v1+json", configuration),
                layers: [Descriptor("application/vnd.oci.image.layer.v1.tar\(suffix)", layer)]))
    }

    func index(manifest: OCIArchive.Blob) throws -> [UInt8] {
        var descriptor = Descriptor("application/vnd.oci.image.manifest.v1+json", manifest)
        descriptor.annotations = ["org.opencontainers.image.ref.name": image.reference]
        descriptor.platform = Platform(image.architecture)
        return try encode(Index(manifests: [descriptor]))
    }

    private func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// RFC 3339, in UTC.
    private static func date(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

/// An architecture in Go's words, which OCI uses.
struct Platform: Encodable {
    let architecture: String
    let os = "linux"
    let variant: String?

    private enum CodingKeys: String, CodingKey { case architecture, os, variant }

    init(_ architecture: Architecture) {
        switch architecture.name {
        case "x86_64": (self.architecture, variant) = ("amd64", nil)
        case "armhf": (self.architecture, variant) = ("arm", "v7")
        case "armel": (self.architecture, variant) = ("arm", "v5")
        case "arm64", "aarch64": (self.architecture, variant) = ("arm64", "v8")
        case "i386": (self.architecture, variant) = ("386", nil)
        case "ppc64el": (self.architecture, variant) = ("ppc64le", nil)
        case "mips64el": (self.architecture, variant) = ("mips64le", nil)
        case let name: (self.architecture, variant) = (name, nil)
        }
    }
}

private struct Descriptor: Encodable {
    let mediaType: String
    let digest: String
    let size: UInt64
    var annotations: [String: String]?
    var platform: Platform?

    init(_ mediaType: String, _ blob: OCIArchive.Blob) {
        (self.mediaType, digest, size) = (mediaType, "sha256:\(blob.digest)", blob.size)
    }
}

private struct Manifest: Encodable {
    let schemaVersion = 2
    let mediaType = "application/vnd.oci.image.manifest.v1+json"
    let config: Descriptor
    let layers: [Descriptor]
}

private struct Index: Encodable {
    let schemaVersion = 2
    let mediaType = "application/vnd.oci.image.index.v1+json"
    let manifests: [Descriptor]
}

private struct Empty: Encodable {}

/// Names as the specification spells them.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct Configuration: Encodable {
    struct Execution: Encodable {
        let User: String?
        let ExposedPorts: [String: Empty]?
        let Env: [String]?
        let Entrypoint: [String]?
        let Cmd: [String]?
        let WorkingDir: String?
        let Labels: [String: String]?
    }

    struct RootFilesystem: Encodable {
        let type = "layers"
        let diff_ids: [String]

        private enum CodingKeys: String, CodingKey { case type, diff_ids }
    }

    struct Step: Encodable {
        let created: String?
        let created_by = "ingot build -t oci"

        private enum CodingKeys: String, CodingKey { case created, created_by }
    }

    let created: String?
    let architecture: String
    let variant: String?
    let os: String
    let config: Execution
    let rootfs: RootFilesystem
    let history: [Step]
}

extension Collection {
    fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}

extension Dictionary {
    fileprivate init(_ keys: [Key], _ value: (Key) -> Value) {
        self.init(keys.map { ($0, value($0)) }, uniquingKeysWith: { first, _ in first })
    }
}
