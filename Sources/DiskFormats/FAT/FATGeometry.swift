/// Where a FAT filesystem keeps what, from its boot sector.
///
/// Source: Microsoft's "FAT: General Overview of On-Disk Format", 1.03; the width of table entries follows from the number
/// of clusters and from nothing else. Offsets are bytes from the start of the filesystem.
package struct FATGeometry: Hashable, Sendable {
    /// Bits of a table entry.
    package enum Width: Int, Sendable {
        case fat12 = 12
        case fat16 = 16
        case fat32 = 32
    }

    package let width: Width
    package let sectorSize: UInt64
    package let clusterSize: UInt64
    /// Clusters that can hold data; they are numbered from 2.
    package let clusterCount: UInt64
    /// Offset of the first table, the length of each, and how many there are.
    let tableOffset: UInt64
    let tableSize: UInt64
    let tableCount: UInt64
    /// The root directory of FAT12 and FAT16, which is outside the clusters and cannot grow.
    let rootOffset: UInt64
    let rootEntryCount: Int
    /// First cluster of the root directory of FAT32.
    let rootCluster: UInt32
    /// Offset of the first cluster.
    let dataOffset: UInt64
    /// Offset of FAT32's sector with the count of free clusters.
    let infoOffset: UInt64?

    /// The most bytes that `directory` entries and files can take.
    package var capacity: UInt64 { clusterCount * clusterSize }

    init(bootSector: [UInt8], attempt: String) throws(DiskFormatError) {
        func malformed(_ reason: String) -> DiskFormatError { DiskFormatError(.malformed, attempt, reason) }
        guard bootSector.count >= 512, bootSector[510] == 0x55, bootSector[511] == 0xAA else {
            throw malformed("it has no boot sector of a FAT filesystem")
        }
        func field(_ offset: Int) -> UInt64 { UInt64(bootSector.littleEndian(UInt16.self, at: offset)) }
        func wideField(_ offset: Int) -> UInt64 { UInt64(bootSector.littleEndian(UInt32.self, at: offset)) }
        sectorSize = field(11)
        let sectorsPerCluster = UInt64(bootSector[13])
        let reserved = field(14)
        tableCount = UInt64(bootSector[16])
        rootEntryCount = Int(field(17))
        let sectors = field(19) == 0 ? wideField(32) : field(19)
        let tableSectors = field(22) == 0 ? wideField(36) : field(22)
        guard [512, 1024, 2048, 4096].contains(sectorSize), sectorsPerCluster.nonzeroBitCount == 1, reserved > 0,
            (1...2).contains(tableCount), tableSectors > 0
        else { throw malformed("the boot sector is not that of a FAT filesystem") }
        let rootSectors = (UInt64(rootEntryCount) * 32 + sectorSize - 1) / sectorSize
        let overhead = reserved + tableCount * tableSectors + rootSectors
        guard sectors > overhead else { throw malformed("the filesystem has no room for data") }
        clusterSize = sectorsPerCluster * sectorSize
        clusterCount = (sectors - overhead) / sectorsPerCluster
        width = clusterCount < 4085 ? .fat12 : clusterCount < 65525 ? .fat16 : .fat32
        tableOffset = reserved * sectorSize
        tableSize = tableSectors * sectorSize
        rootOffset = tableOffset + tableCount * tableSize
        dataOffset = overhead * sectorSize
        let isWide = width == .fat32
        rootCluster = isWide ? UInt32(wideField(44)) : 0
        let info = field(48)
        infoOffset = isWide && info > 0 && info < reserved ? info * sectorSize : nil
        guard isWide == (rootEntryCount == 0), tableSize * 8 / UInt64(width.rawValue) >= clusterCount + 2,
            !isWide || (2..<(clusterCount + 2)).contains(UInt64(rootCluster))
        else { throw malformed("the boot sector contradicts itself") }
    }

    /// Offset of a cluster's data.
    func offset(ofCluster number: UInt32) -> UInt64 { dataOffset + (UInt64(number) - 2) * clusterSize }

    /// Clusters for so many bytes.
    func clusters(for bytes: UInt64) -> UInt64 { (bytes + clusterSize - 1) / clusterSize }
}
