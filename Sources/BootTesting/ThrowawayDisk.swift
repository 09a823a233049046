import Basics
import DiskFormats
import SystemPackage

/// A raw, sparse copy of an image that a test may change and spoil; the image itself is only read.
struct ThrowawayDisk: Sendable {
    /// A place on the disk that holds a file system.
    struct Volume: Sendable, Equatable {
        let offset: UInt64
        let size: UInt64
        let identity: FileSystemIdentity
    }

    let path: FilePath
    /// Nil for an image that is one bare file system, or nothing that is known.
    let table: PartitionTable?
    /// Bytes of a logical sector of the disk that the machine will have.
    let sectorSize: UInt64
    /// Every file system found, in the disk's order.
    let volumes: [Volume]
    /// The boot sector is GRUB's; the few bytes that tables are made with say nothing.
    let hasGrubBootSector: Bool

    var isPartitioned: Bool { table != nil }

    /// What the image is made for, as far as one can see: an EFI system partition means UEFI, unless GRUB waits in the
    /// boot sector; then both will do, and a BIOS is faster.
    var likelyFirmware: Firmware {
        let hasESP = table?.entries.contains { BootEntry.espTypes.contains($0.type) } ?? false
        return hasESP && !hasGrubBootSector ? .uefi : .bios
    }

    /// Copies the image into `folder`; `sectorSize` nil means what the partition table is made for.
    init(of image: FilePath, in folder: FilePath, sectorSize: UInt64? = nil) throws {
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
        let bare = try Self.identity(copy, at: 0)
        table = bare == nil ? Self.partitionTable(copy, [512, 4096].filter { $0 == sectorSize ?? $0 }) : nil
        self.sectorSize = sectorSize ?? table?.sectorSize ?? 512
        if let table {
            volumes = try table.entries.filter { $0.kind != .extended }.sorted { $0.start < $1.start }
                .compactMap { entry in
                    try Self.identity(copy, at: entry.start).map {
                        Volume(offset: entry.start, size: entry.size, identity: $0)
                    }
                }
        } else {
            let size = try copy.size()
            volumes = bare.map { [Volume(offset: 0, size: size, identity: $0)] } ?? []
        }
        let sector = try Self.head(copy, at: 0, count: 440)
        hasGrubBootSector = String(decoding: sector, as: UTF8.self).contains("GRUB")
    }

    /// The table for the first of the sector sizes that fits it.
    private static func partitionTable(_ file: ImageFile, _ sectorSizes: [UInt64]) -> PartitionTable? {
        for sectorSize in sectorSizes {
            let table = try? PartitionTable.scan(sectorSize: sectorSize) { offset, count throws(DiskFormatError) in
                var bytes = [UInt8](repeating: 0, count: count)
                let result = Result { try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) } }
                if case .failure(let error) = result {
                    throw error as? DiskFormatError ?? DiskFormatError(.system, "read '\(file.path)'", "\(error)")
                }
                return bytes
            }
            if let table { return table }
        }
        return nil
    }

    private static func head(_ file: ImageFile, at offset: UInt64, count: Int) throws -> [UInt8] {
        var head = [UInt8](repeating: 0, count: count)
        _ = try head.withUnsafeMutableBytes { try file.readAvailable(at: offset, into: $0) }
        return head
    }

    private static func identity(_ file: ImageFile, at offset: UInt64) throws -> FileSystemIdentity? {
        guard offset < UInt64(Int64.max) / 2 else { return nil }
        return FileSystemIdentity(head: try head(file, at: offset, count: FileSystemIdentity.headLength))
    }
}
