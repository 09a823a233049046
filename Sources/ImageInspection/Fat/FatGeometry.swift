import DiskFormats

/// Where things lie in a FAT file system: its boot sector (Microsoft, FAT32 File System Specification 1.03).
struct FatGeometry: Hashable {
    enum Width: Hashable {
        case bits12
        case bits16
        case bits32
    }

    let width: Width
    let clusterSize: UInt64
    let clusterCount: UInt64
    /// Bytes from the start of the file system.
    let tableOffset: UInt64
    let rootOffset: UInt64
    let rootSize: UInt64
    let dataOffset: UInt64
    let totalSize: UInt64
    /// FAT32 only.
    let rootCluster: UInt64
    /// FAT32: where the count of free clusters is kept.
    let informationOffset: UInt64?

    /// Nil if the sector cannot be that of a FAT file system.
    init?(_ sector: [UInt8]) {
        guard sector.count == 512, sector[510] == 0x55, sector[511] == 0xAA else { return nil }
        func number<Value: FixedWidthInteger>(_ type: Value.Type, _ offset: Int) -> UInt64 {
            UInt64(truncatingIfNeeded: sector.littleEndian(type, at: offset))
        }
        let bytes = number(UInt16.self, 11)
        let perCluster = number(UInt8.self, 13)
        let tables = number(UInt8.self, 16)
        let reserved = number(UInt16.self, 14)
        guard [512, 1024, 2048, 4096].contains(bytes), perCluster.nonzeroBitCount == 1, (1...2).contains(tables),
            reserved > 0
        else { return nil }
        let sectors = number(UInt16.self, 19) == 0 ? number(UInt32.self, 32) : number(UInt16.self, 19)
        let small = number(UInt16.self, 22)
        let tableSectors = small == 0 ? number(UInt32.self, 36) : small
        tableOffset = reserved * bytes
        rootOffset = (reserved + tables * tableSectors) * bytes
        rootSize = number(UInt16.self, 17) * 32
        dataOffset = rootOffset + (rootSize + bytes - 1) / bytes * bytes
        clusterSize = bytes * perCluster
        totalSize = sectors * bytes
        guard tableSectors > 0, dataOffset < totalSize else { return nil }
        clusterCount = (totalSize - dataOffset) / clusterSize
        width = small == 0 ? .bits32 : clusterCount < 4085 ? .bits12 : .bits16
        rootCluster = small == 0 ? number(UInt32.self, 44) & 0x0FFF_FFFF : 0
        let information = number(UInt16.self, 48)
        informationOffset = small == 0 && information > 0 && information < reserved ? information * bytes : nil
    }

    /// Nil for numbers that name no cluster.
    func offset(ofCluster cluster: UInt64) -> UInt64? {
        guard cluster >= 2, cluster - 2 < clusterCount else { return nil }
        return dataOffset + (cluster - 2) * clusterSize
    }
}
