import Basics
import CParted
import Synchronization
import SystemPackage

/// What libparted says while it works; its handler is a plain C function, so this is where it can put it.
private let messages = Mutex<[String]>([])

/// libparted keeps its exception handler and its list of devices in globals: one caller at a time.
private let turn = Mutex(())

/// libparted, reduced to what an image file needs: a fresh table of exact partitions, and the partitions of a table.
///
/// The only file that sees a C type. libparted 3.5 has no call for disk identifiers, type GUIDs, MBR type bytes or
/// partition GUIDs: `IdentifierPatch` writes those afterwards. Nothing here goes near the kernel: the "device" is a
/// file, and changes are committed to it alone.
struct Parted {
    /// A partition as libparted counts it: in sectors.
    struct Partition {
        let number: Int
        let kind: PartitionEntry.Kind
        let start: UInt64
        let length: UInt64
        /// GPT: the attribute "legacy BIOS bootable".
        let isBootable: Bool
    }

    private let functions: UnsafePointer<ingot_parted>
    private let device: UnsafeMutablePointer<PedDevice>
    private let sectorSize: UInt64

    /// Opens a file as a device with sectors of `sectorSize` bytes, for the time of `body`.
    ///
    /// libparted gives every file sectors of 512 bytes; the fields of the device are what its label code goes by.
    static func withDevice<Result>(
        _ path: FilePath, sectorSize: UInt64, size: UInt64, _ body: (Parted) throws -> Result
    ) throws -> Result {
        try turn.withLock { _ in
            var error: UnsafePointer<CChar>?
            guard let functions = ingot_parted_load(&error) else {
                throw Refusal("libparted cannot be used: \(error.map { String(cString: $0) } ?? "")")
            }
            messages.withLock { $0 = [] }
            functions.pointee.ped_exception_set_handler(recordMessage)
            guard let device = functions.pointee.ped_device_get(path.string) else { throw refusal("no device") }
            defer { functions.pointee.ped_device_destroy(device) }
            device.pointee.sector_size = Int64(sectorSize)
            device.pointee.phys_sector_size = Int64(sectorSize)
            device.pointee.length = Int64(size / sectorSize)
            return try body(Parted(functions: functions, device: device, sectorSize: sectorSize))
        }
    }

    /// Makes a fresh label of the table's kind with the table's partitions, and writes it.
    func write(_ table: PartitionTable) throws {
        guard let type = functions.pointee.ped_disk_type_get(table.label == .gpt ? "gpt" : "msdos"),
            let disk = functions.pointee.ped_disk_new_fresh(device, type)
        else { throw Self.refusal("no fresh label") }
        defer { functions.pointee.ped_disk_destroy(disk) }
        if functions.pointee.ped_disk_is_flag_available(disk, PED_DISK_CYLINDER_ALIGNMENT) == 1 {
            _ = functions.pointee.ped_disk_set_flag(disk, PED_DISK_CYLINDER_ALIGNMENT, 0)
        }
        for entry in table.entries where table.label == .gpt || entry.number <= ExtendedChain.libpartedLimit {
            try add(entry, to: disk, label: table.label)
        }
        guard functions.pointee.ped_disk_commit_to_dev(disk) == 1 else { throw Self.refusal("commit failed") }
    }

    private func add(
        _ entry: PartitionEntry, to disk: UnsafeMutablePointer<PedDisk>, label: PartitionTable.Label
    ) throws {
        let start = Int64(entry.start / sectorSize)
        let length = Int64(entry.size / sectorSize)
        let type =
            switch entry.kind {
            case .primary: PED_PARTITION_NORMAL
            case .extended: PED_PARTITION_EXTENDED
            case .logical: PED_PARTITION_LOGICAL
            }
        guard let partition = functions.pointee.ped_partition_new(disk, type, nil, start, start + length - 1) else {
            throw Self.refusal("no partition \(entry.number)")
        }
        // Numbers of logical partitions are their order; any other number is kept as it is given.
        if entry.kind != .logical { partition.pointee.num = Int32(entry.number) }
        guard let geometry = functions.pointee.ped_geometry_new(device, start, length) else {
            functions.pointee.ped_partition_destroy(partition)
            throw Self.refusal("no place for partition \(entry.number)")
        }
        defer { functions.pointee.ped_geometry_destroy(geometry) }
        let constraint = functions.pointee.ped_constraint_exact(geometry)
        defer { functions.pointee.ped_constraint_destroy(constraint) }
        guard functions.pointee.ped_disk_add_partition(disk, partition, constraint) == 1 else {
            functions.pointee.ped_partition_destroy(partition)
            throw Self.refusal("partition \(entry.number) not added")
        }
        if entry.kind == .extended { try set(PED_PARTITION_LBA, on: partition) }
        // On an MBR libparted would let only one partition be active; `IdentifierPatch` sets those flags.
        if entry.isBootable, label == .gpt { try set(PED_PARTITION_LEGACY_BOOT, on: partition) }
    }

    private func set(_ flag: PedPartitionFlag, on partition: UnsafeMutablePointer<PedPartition>) throws {
        guard functions.pointee.ped_partition_set_flag(partition, flag, 1) == 1 else {
            throw Self.refusal("flag not set")
        }
    }

    /// The partitions of the table that is there, which libparted has checked for consistency.
    func partitions(label: PartitionTable.Label) throws -> [Partition] {
        guard let disk = functions.pointee.ped_disk_new(device) else { throw Self.refusal("no partition table") }
        defer { functions.pointee.ped_disk_destroy(disk) }
        let found = String(cString: disk.pointee.type.pointee.name)
        guard found == (label == .gpt ? "gpt" : "msdos") else { throw Refusal("it is of kind '\(found)'") }
        let flag = PED_PARTITION_LEGACY_BOOT
        var result: [Partition] = []
        var next = functions.pointee.ped_disk_next_partition(disk, nil)
        while let partition = next {
            next = functions.pointee.ped_disk_next_partition(disk, partition)
            guard functions.pointee.ped_partition_is_active(partition) == 1 else { continue }
            let type = partition.pointee.type.rawValue
            let isFlagged =
                functions.pointee.ped_partition_is_flag_available(partition, flag) == 1
                && functions.pointee.ped_partition_get_flag(partition, flag) == 1
            result.append(
                Partition(
                    number: Int(partition.pointee.num),
                    kind: type & PED_PARTITION_EXTENDED.rawValue != 0
                        ? .extended : type & PED_PARTITION_LOGICAL.rawValue != 0 ? .logical : .primary,
                    start: UInt64(partition.pointee.geom.start), length: UInt64(partition.pointee.geom.length),
                    isBootable: isFlagged))
        }
        return result
    }

    /// What libparted has said since the device was opened; `silent` if it failed without a word.
    private static func refusal(_ silent: String) -> Refusal {
        let said = messages.withLock { $0 }
        return Refusal(said.isEmpty ? "libparted: \(silent)" : said.joined(separator: "; "))
    }
}

/// libparted's exception handler: takes the message down, and answers "go on" to warnings and "stop" to errors.
private func recordMessage(_ exception: UnsafeMutablePointer<PedException>?) -> PedExceptionOption {
    guard let exception else { return PED_EXCEPTION_UNHANDLED }
    let text = exception.pointee.message.map { String(cString: $0) } ?? ""
    messages.withLock { $0.append(text.hasSuffix(".") ? String(text.dropLast()) : text) }
    let offered = exception.pointee.options.rawValue
    let isMild = exception.pointee.type.rawValue <= PED_EXCEPTION_WARNING.rawValue
    for answer in isMild ? [PED_EXCEPTION_IGNORE, PED_EXCEPTION_OK] : [PED_EXCEPTION_CANCEL]
    where offered & answer.rawValue != 0 { return answer }
    return PED_EXCEPTION_UNHANDLED
}
