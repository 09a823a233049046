import Basics
package import DiskFormats
import SystemPackage

/// Looks into a disk image: what it is, how it is divided, what is in each part, what starts from it.
///
/// Reads a few megabytes whatever the size, needs no root, and takes nothing that the image says on trust. What cannot
/// be read is described as such; only an image that cannot be opened at all is an error.
package struct ImageInspector {
    private let image: DiskImage
    private let disk: DiskWindow
    private static let exts: Set<String> = ["ext2", "ext3", "ext4"]
    /// As many as sfdisk makes; a table may name a thousand partitions that all lie in the same place.
    private static let mostPartitions = 128

    package init(_ image: DiskImage) {
        self.image = image
        disk = DiskWindow(image.contents)
    }

    package func describe() throws -> ImageDescription {
        var result = ImageDescription(
            file: image.file.path.string, format: image.format.rawValue, virtualSize: ByteCount(image.contents.size),
            fileSize: ByteCount(try image.file.size()), allocatedSize: ByteCount(try image.file.allocatedSize()))
        // A file system can begin with what looks like a boot record: FAT does.
        let whole = try SignatureProbe.probe(disk)
        switch table() {
        case .success(let table) where whole == nil || table.label == .gpt: return try describe(table, result)
        case .failure(let error) where error.kind == .system: throw error
        // Without marks there is none, and that is no problem.
        case .failure(let error) where isMarked: result.tableProblem = error.description
        default: break
        }
        result.boot.bios = bootCode(isTable: false)
        if let whole {
            result.filesystem = filesystem(whole, in: disk)
            addContents(of: disk, whole.type, partition: 0, isSystemPartition: true, to: &result)
        } else if image.format == .raw {
            result.archive = try ArchiveSignature.name(of: disk)
        }
        return result
    }

    private func table() -> Result<PartitionTable, DiskFormatError> {
        Result { () throws(DiskFormatError) in
            try PartitionTable.scan(sectorSize: hasLargeSectors ? 4096 : 512) { offset, count throws(DiskFormatError) in
                try disk.read(at: offset, count: count)
            }
        }
    }

    private func describe(_ table: PartitionTable, _ start: ImageDescription) throws -> ImageDescription {
        var result = start
        result.table = ImageDescription.Table(
            label: table.label, identifier: table.diskIdentifier, sectorSize: table.sectorSize)
        result.boot.bios = bootCode(isTable: true)
        result.boot.coreSector = coreSector
        for (index, entry) in table.entries.enumerated() {
            try add(entry, isLookedInto: index < Self.mostPartitions, to: &result)
        }
        return result
    }

    private func add(_ entry: PartitionEntry, isLookedInto: Bool, to result: inout ImageDescription) throws {
        var partition = ImageDescription.Partition(
            number: entry.number, start: ByteCount(entry.start), size: ByteCount(entry.size), type: entry.type,
            typeName: PartitionTypeNames.name(of: entry.type), name: Self.nonEmpty(entry.name),
            identifier: Self.nonEmpty(entry.identifier), isBootable: entry.isBootable)
        defer { result.partitions.append(partition) }
        if entry.kind == .extended { return }
        guard isLookedInto else {
            partition.problem = "it is one too many to be looked into"
            return
        }
        guard let window = disk.part(at: entry.start, size: entry.size) else {
            partition.problem = "it is outside of the disk"
            return
        }
        if window.size < entry.size { partition.problem = "it ends behind the end of the disk" }
        if let found = try SignatureProbe.probe(window) {
            partition.filesystem = filesystem(found, in: window)
            addContents(
                of: window, found.type, partition: entry.number,
                isSystemPartition: partition.typeName == "EFI system", to: &result)
        }
    }

    private func filesystem(_ found: ProbedSignature, in window: DiskWindow) -> ImageDescription.Filesystem {
        let usage = FilesystemUsage.of(type: found.type, in: window)
        return ImageDescription.Filesystem(
            type: found.type, version: found.version, label: found.label, identifier: found.identifier,
            size: usage.map { ByteCount($0.size) }, used: usage?.used.map { ByteCount($0) })
    }

    /// The system and the loaders in one file system; what is broken there is said, and the rest is still described.
    private func addContents(
        of window: DiskWindow, _ type: String, partition: Int, isSystemPartition: Bool,
        to result: inout ImageDescription
    ) {
        if Self.exts.contains(type) {
            do {
                if let system = try SystemProbe(window).system(on: partition) { result.systems.append(system) }
            } catch {
                result.systems.append(.init(partition: partition, kernels: [], problem: "\(error)"))
            }
        } else if type == "vfat", isSystemPartition, let loaders = try? Self.loaders(in: window) {
            result.boot.loaders += loaders
        } else if type == "xfs" || type == "btrfs" {
            result.systems.append(.init(partition: partition, kernels: [], problem: "files of \(type) are not read"))
        }
    }

    /// `EFI/BOOT/BOOTX64.EFI` and its like: programs in each directory of `EFI`.
    private static func loaders(in window: DiskWindow) throws -> [String] {
        guard let reader = try FatReader(window) else { return [] }
        return try reader.names(in: ["EFI"]).prefix(64).flatMap { folder in
            try reader.names(in: ["EFI", folder]).filter { $0.lowercased().hasSuffix(".efi") }
                .map { "EFI/\(folder)/\($0)" }
        }
    }

    private static func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }
}

extension ImageInspector {
    /// The code area of the first sector: 440 bytes before the disk's identifier.
    private func bootCode(isTable: Bool) -> String? {
        guard let sector = try? disk.read(at: 0, count: 512), sector[510] == 0x55, sector[511] == 0xAA else {
            return nil
        }
        let code = sector[..<440]
        if !code.contains(where: { $0 != 0 }) { return nil }
        return code.firstRange(of: Array("GRUB".utf8)) == nil ? isTable ? "other" : nil : "GRUB"
    }

    /// Where GRUB's boot sector continues (boot.S: 8 bytes at 0x5C), if there is code.
    private var coreSector: UInt64? {
        guard bootCode(isTable: true) == "GRUB", let sector = try? disk.read(at: 0, count: 512) else { return nil }
        let number = sector.littleEndian(UInt64.self, at: 0x5C)
        guard number > 0, number < disk.size / 512, let core = try? disk.read(at: number * 512, count: 512),
            core.contains(where: { $0 != 0 })
        else { return nil }
        return number
    }

    /// Whether it looks as if there should be a table: a boot record whose types say GPT, or a GPT's header.
    private var isMarked: Bool {
        if let sector = try? disk.read(at: 0, count: 512), MasterBootRecord(sector: sector)?.isProtective == true {
            return true
        }
        return hasHeader(at: 512) || hasHeader(at: 4096)
    }

    /// A GPT lies in sector 1, wherever that is.
    ///
    /// A boot record alone does not tell in what it counts.
    private var hasLargeSectors: Bool { !hasHeader(at: 512) && hasHeader(at: 4096) }

    private func hasHeader(at offset: UInt64) -> Bool {
        (try? disk.read(at: offset, count: 8))?.elementsEqual("EFI PART".utf8) ?? false
    }
}
