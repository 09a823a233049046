import Basics

/// Gives the partitions of a table their places on a disk: arithmetic only (compat-blockdevice sections 9 and 10).
struct PartitionPlacement {
    let partitioning: Partitioning
    let image: String
    /// A whole number of sectors.
    let diskSize: UInt64
    let sectorSize: UInt64
    /// Of partitions in the document, by name.
    var locations: [String: ConfigurationLocation] = [:]

    /// A partition, or the extended partition that the logical ones lie in.
    struct Place {
        let number: Int
        let kind: PartitionEntry.Kind
        let start: UInt64
        let size: UInt64
        let partition: Partition?
    }

    /// Kept free at the end of a GPT disk, as upstream does; the copy of the table needs some KiB of it.
    private static let gptReserve: UInt64 = 2 << 20
    /// Start, and unit of sizes, of GPT partitions.
    private static let gptUnit: UInt64 = 1 << 20
    private static let mbrSector: UInt64 = 512
    /// Sectors that the 32-bit fields of an MBR can number.
    private static let mbrSectorLimit: UInt64 = 1 << 32

    func places() throws(BlockDeviceError) -> [Place] {
        switch partitioning.label {
        case .gpt: try gptPlaces()
        case .mbr: try mbrPlaces()
        }
    }

    /// One after the other from 1 MiB on, in whole MiB; percentages are of what is left of the disk less 2 MiB.
    private func gptPlaces() throws(BlockDeviceError) -> [Place] {
        var budget = diskSize > Self.gptReserve ? diskSize - Self.gptReserve : 0
        var start = Self.gptUnit
        var places: [Place] = []
        for (index, partition) in partitioning.partitions.enumerated() {
            let asked = partition.size.bytes(of: ByteCount(budget)).bytes
            guard asked <= budget else { throw tooLarge(partition, asked: asked, left: budget) }
            let size = asked / Self.gptUnit * Self.gptUnit
            guard size > 0 else { throw tooSmall(partition, asked: asked, least: "1 MiB") }
            places.append(Place(number: index + 1, kind: .primary, start: start, size: size, partition: partition))
            budget -= asked
            start += size
        }
        return places
    }

    /// In sectors: primaries first; then an extended partition to the end of the disk, each logical partition in it one
    /// alignment unit behind the boot record that describes it.
    private func mbrPlaces() throws(BlockDeviceError) -> [Place] {
        let sectors = diskSize / Self.mbrSector
        guard sectors <= Self.mbrSectorLimit else {
            throw BlockDeviceError(
                .layout, "'\(image)' of \(ByteCount(diskSize)) is too large for an MBR: use label gpt")
        }
        let unit = partitioning.alignment / Self.mbrSector
        func aligned(_ sector: UInt64) -> UInt64 { (sector + unit - 1) / unit * unit }
        var next = aligned(1)
        var places: [Place] = []
        var logicalCount = 0
        for (index, partition) in partitioning.partitions.enumerated() {
            let held = next + unit
            let free = sectors > held ? (sectors - held) * Self.mbrSector : 0
            let asked = partition.size.bytes(of: ByteCount(free)).bytes
            if !partition.isPrimary, logicalCount == 0, next < sectors {
                let rest = (sectors - next) * Self.mbrSector
                places.append(
                    Place(
                        number: index + 1, kind: .extended, start: next * Self.mbrSector, size: rest, partition: nil))
            }
            let start = partition.isPrimary ? next : aligned(next + 1)
            let length = asked / Self.mbrSector
            guard length > 0 else { throw tooSmall(partition, asked: asked, least: "512 B") }
            guard start < sectors, length <= sectors - start else {
                throw tooLarge(partition, asked: asked, left: start < sectors ? (sectors - start) * Self.mbrSector : 0)
            }
            if !partition.isPrimary { logicalCount += 1 }
            places.append(
                Place(
                    number: partition.isPrimary ? index + 1 : 4 + logicalCount,
                    kind: partition.isPrimary ? .primary : .logical, start: start * Self.mbrSector,
                    size: length * Self.mbrSector, partition: partition))
            next = aligned(start + length)
        }
        return places
    }

    private func tooLarge(_ partition: Partition, asked: UInt64, left: UInt64) -> BlockDeviceError {
        BlockDeviceError(
            .layout,
            "The requested size of the image is smaller than the block device configuration: partition "
                + "'\(partition.name)' needs \(ByteCount(asked)), but \(ByteCount(left)) of '\(image)' are left",
            at: location(of: partition))
    }

    private func tooSmall(_ partition: Partition, asked: UInt64, least: String) -> BlockDeviceError {
        BlockDeviceError(
            .layout,
            "partition '\(partition.name)' on '\(image)' would have \(ByteCount(asked)), at least \(least) are needed",
            at: location(of: partition))
    }

    private func location(of partition: Partition) -> ConfigurationLocation? {
        locations[partition.name]?.appending(key: "size", line: nil)
    }
}
