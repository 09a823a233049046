import Basics

/// The sectors that hold an MBR partition table: the boot sector and the chain of extended boot records.
///
/// ```
///   0 boot code  440 disk signature  446 entry × 4 (2 in an extended record)  510 55 AA
///   entry: 0 flag  1 CHS of first  4 type  5 CHS of last  8 start u32  12 length u32
/// ```
enum MasterBootRecord {
    static let sectorSize = 512
    static let bootCodeSize = 440
    static let signatureOffset = 440
    static let tableOffset = 446
    static let entrySize = 16
    static let markOffset = 510
    static let mark: [UInt8] = [0x55, 0xAA]
    static let active: UInt8 = 0x80
    /// The type by which one extended boot record points to the next.
    static let linkType: UInt8 = 0x05
    private static let slotCount = 4
    private static let extendedTypes: Set<UInt8> = [0x05, 0x0F, 0x85]
    /// More records than any tool writes; a chain that is longer is a circle.
    private static let chainLimit = 256

    /// An entry in use: where it is on the disk, and what it says.
    struct Slot {
        enum Role {
            case primary
            case extended
            case logical
            /// From one extended boot record to the next.
            case link
        }

        let role: Role
        /// Number of the partition; 0 for a link.
        let number: Int
        /// Absolute byte offset of the 16 bytes.
        let position: UInt64
        let flag: UInt8
        let type: UInt8
        /// Absolute, in sectors.
        let start: UInt64
        let length: UInt64
    }

    static func hasMark(_ sector: SectorBuffer) -> Bool { sector.slice(at: markOffset, count: 2) == mark }

    /// Every entry in use: the primaries by slot, then the logical ones and the links along the chain.
    static func slots(of image: ImageBytes) throws -> [Slot] {
        let sector = try image.read(at: 0, count: sectorSize)
        guard hasMark(sector) else { throw Refusal("there is no boot record") }
        var result: [Slot] = []
        for index in 0..<slotCount {
            let isExtended = extendedTypes.contains(sector[tableOffset + index * entrySize + 4])
            let slot = slot(
                index, in: sector, at: 0, relativeTo: 0, role: isExtended ? .extended : .primary, number: index + 1)
            if slot.type != 0 { result.append(slot) }
        }
        if let extended = result.first(where: { $0.role == .extended }) {
            result += try chain(of: extended, image: image)
        }
        return result
    }

    private static func chain(of extended: Slot, image: ImageBytes) throws -> [Slot] {
        var result: [Slot] = []
        var record = extended.start
        var number = slotCount + 1
        for _ in 0..<chainLimit {
            let sector = try image.read(at: record * UInt64(sectorSize), count: sectorSize)
            guard hasMark(sector) else { throw Refusal("an extended boot record has no mark") }
            let logical = slot(0, in: sector, at: record, relativeTo: record, role: .logical, number: number)
            if logical.type != 0 {
                result.append(logical)
                number += 1
            }
            let link = slot(1, in: sector, at: record, relativeTo: extended.start, role: .link, number: 0)
            guard extendedTypes.contains(link.type) else { return result }
            result.append(link)
            record = link.start
        }
        throw Refusal("the extended boot records form a circle")
    }

    private static func slot(
        _ index: Int, in sector: SectorBuffer, at record: UInt64, relativeTo base: UInt64, role: Slot.Role, number: Int
    ) -> Slot {
        let offset = tableOffset + index * entrySize
        return Slot(
            role: role, number: number, position: record * UInt64(sectorSize) + UInt64(offset), flag: sector[offset],
            type: sector[offset + 4], start: base + UInt64(sector.integer(at: offset + 8, as: UInt32.self)),
            length: UInt64(sector.integer(at: offset + 12, as: UInt32.self)))
    }

    /// The first eight bytes of an entry: flag, type, and its ends by cylinder, head and sector.
    static func descriptor(flag: UInt8, type: UInt8, start: UInt64, length: UInt64) -> [UInt8] {
        [flag] + address(start) + [type] + address(start + length - 1)
    }

    /// Cylinder, head and sector of a block on the geometry that every tool assumes, 255 heads of 63 sectors; what is
    /// beyond its 1024 cylinders has the last address.
    private static func address(_ block: UInt64) -> [UInt8] {
        let cylinder = block / (255 * 63)
        guard cylinder < 1024 else { return [0xFE, 0xFF, 0xFF] }
        let head = UInt8(block / 63 % 255)
        let sector = UInt8(block % 63 + 1)
        return [head, sector | UInt8(cylinder >> 8) << 6, UInt8(truncatingIfNeeded: cylinder)]
    }

    /// The boot sector that guards a GPT: one entry of type EE over the whole disk.
    static func protective(bootCode: [UInt8], sectors: UInt64) -> SectorBuffer {
        var sector = SectorBuffer(Array(repeating: 0, count: sectorSize))
        sector.set(bootCode, at: 0)
        sector.set([0x00, 0x00, 0x02, 0x00, 0xEE, 0xFF, 0xFF, 0xFF] as [UInt8], at: tableOffset)
        sector.set(UInt32(1), at: tableOffset + 8)
        sector.set(UInt32(clamping: sectors - 1), at: tableOffset + 12)
        sector.set(mark, at: markOffset)
        return sector
    }
}
