package import Basics
import DiskFormats
import SystemPackage

/// An OCI image layout of one layer in a tar file: what skopeo and podman call `oci-archive`.
///
/// Sources: OCI image specification 1.0, image-layout.md, manifest.md, config.md. The layer is compressed straight into
/// its place: its header is put in front when its name, which is its digest, is known. Equal trees and options give
/// equal bytes.
package struct OCIArchive: Sendable {
    package enum Compression: String, Sendable, Hashable, CaseIterable {
        case none
        case gzip
        case zstd
    }

    package let architecture: Architecture
    package let configuration: ContainerConfiguration
    /// `org.opencontainers.image.ref.name`.
    package let reference: String
    package let compression: Compression
    /// Seconds since 1970, if the image is to carry a date (reproducible-builds.org, SOURCE_DATE_EPOCH).
    package let created: Int?

    package init(
        architecture: Architecture, configuration: ContainerConfiguration, reference: String,
        compression: Compression = .gzip, created: Int? = nil
    ) {
        self.architecture = architecture
        self.configuration = configuration
        self.reference = reference
        self.compression = compression
        self.created = created
    }

    /// Runs `produce` with a sink for the tar stream of the layer, and completes the archive around it.
    func write<Result>(to path: FilePath, _ produce: (any ByteSink) throws -> Result) throws -> Result {
        let file = try FileSink(creating: path)
        try TarHeader.placeholder.withUnsafeBytes { try file.write($0) }
        let packed = try DigestSink(next: UnfinishedSink(file))
        let plain: DigestSink
        let result: Result
        switch compression {
        case .none:
            plain = try DigestSink(next: packed)
            result = try produce(plain)
        case .gzip:
            (plain, result) = try GzipStream(level: 6).compress(to: packed) { sink in
                let plain = try DigestSink(next: sink)
                return (plain, try produce(plain))
            }
        case .zstd:
            plain = try DigestSink(next: ZstdSink(to: packed, level: 6))
            result = try produce(plain)
        }
        let layer = Blob(digest: try packed.digest(), size: packed.count)
        try file.patch(TarHeader(name: layer.path, size: layer.size).bytes, at: 0)
        try pad(file, size: layer.size)
        try writeDocuments(layer: layer, difference: try plain.digest(), to: file)
        try file.finish()
        return result
    }

    /// The configuration, the manifest that names it and the layer, and the index that names the manifest.
    private func writeDocuments(layer: Blob, difference: String, to file: FileSink) throws {
        let documents = OCIDocuments(image: self, layer: layer, difference: difference)
        let configuration = try add(documents.configuration(), to: file)
        let manifest = try add(documents.manifest(configuration: configuration), to: file)
        try add(documents.index(manifest: manifest), as: "index.json", to: file)
        try add(OCIDocuments.layout, as: "oci-layout", to: file)
        // Two blocks of zeros end a tar file.
        try [UInt8](repeating: 0, count: 2 * TarHeader.size).withUnsafeBytes { try file.write($0) }
    }

    private func add(_ text: [UInt8], to file: FileSink) throws -> Blob {
        let digest = try MessageDigest(.sha256)
        try text.withUnsafeBytes { try digest.update($0) }
        let blob = Blob(digest: try digest.finish(), size: UInt64(text.count))
        try add(text, as: blob.path, to: file)
        return blob
    }

    private func add(_ text: [UInt8], as name: String, to file: FileSink) throws {
        try TarHeader(name: name, size: UInt64(text.count)).bytes.withUnsafeBytes { try file.write($0) }
        try text.withUnsafeBytes { try file.write($0) }
        try pad(file, size: UInt64(text.count))
    }

    private func pad(_ file: FileSink, size: UInt64) throws {
        let rest = Int(size % UInt64(TarHeader.size))
        guard rest > 0 else { return }
        try [UInt8](repeating: 0, count: TarHeader.size - rest).withUnsafeBytes { try file.write($0) }
    }

    /// Something that is named by its digest.
    struct Blob {
        let digest: String
        let size: UInt64

        var path: String { "blobs/sha256/\(digest)" }
    }
}

/// Keeps the end of the layer from ending the file around it.
private final class UnfinishedSink: ByteSink {
    private let next: any ByteSink
    init(_ next: any ByteSink) { self.next = next }
    func write(_ bytes: UnsafeRawBufferPointer) throws { try next.write(bytes) }
    func finish() throws {}
}
