import Basics
import DiskFormats
import SystemPackage

/// A raw, sparse copy of an image that a test may change and spoil; the image itself is only read.
struct ThrowawayDisk: Sendable {
    /// A place on the disk that holds a file system, or could.
    struct Volume: Sendable, Equatable {
        let offset: UInt64
        let identity: FileSystemIdentity
    }

    let path: FilePath
    /// False for an image that is one bare file system.
    let isPartitioned: Bool
    /// Every file system found, in the disk's order.
    let volumes: [Volume]

    /// Copies the image into `folder`.
    init(of image: FilePath, in folder: FilePath) throws {
        path = folder.appending("disk")
        let source = try DiskImage(image)
        if source.format == .raw {
            try RawImageCopy().write(from: image, to: path) { _ in try Task.checkCancellation() }
        } else {
            try RawImageCopy().write(source.contents, source: source.file, to: path) { _ in
                try Task.checkCancellation()
            }
        }
        let copy = try ImageFile.open(path)
        if try Self.identity(copy, at: 0) == nil, let table = try? Self.partitionTable(copy) {
            isPartitioned = true
            volumes = try table.entries.filter { $0.kind != .extended }.sorted { $0.start < $1.start }
                .compactMap { entry in
                    try Self.identity(copy, at: entry.start).map { Volume(offset: entry.start, identity: $0) }
                }
        } else {
            isPartitioned = false
            volumes = try Self.identity(copy, at: 0).map { [Volume(offset: 0, identity: $0)] } ?? []
        }
    }

    private static func partitionTable(_ file: ImageFile) throws -> PartitionTable {
        try PartitionTable.scan { offset, count throws(DiskFormatError) in
            var bytes = [UInt8](repeating: 0, count: count)
            let result = Result { try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) } }
            if case .failure(let error) = result {
                throw error as? DiskFormatError ?? DiskFormatError(.system, "read '\(file.path)'", "\(error)")
            }
            return bytes
        }
    }

    private static func identity(_ file: ImageFile, at offset: UInt64) throws -> FileSystemIdentity? {
        guard offset < UInt64(Int64.max) / 2 else { return nil }
        var head = [UInt8](repeating: 0, count: FileSystemIdentity.headLength)
        _ = try head.withUnsafeMutableBytes { try file.readAvailable(at: offset, into: $0) }
        return FileSystemIdentity(head: head)
    }
}
