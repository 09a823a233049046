import DiskFormats

/// The parts of a window in which libblkid finds signatures and labels: its start, its end, and what a superblock points
/// to.
///
/// At most some four megabytes, whatever the image says.
enum ProbeWindows {
    /// All superblocks at the start lie before this: ZFS's last at 384 KiB, UDF's anchor at 512 KiB.
    private static let head: UInt64 = 2 << 20
    /// RAID, ZFS and NILFS keep copies at the end.
    private static let tail: UInt64 = 1 << 20
    /// A directory or a table that a superblock points to.
    private static let pointed: UInt64 = 64 << 10

    /// In order, without overlaps.
    static func ranges(of window: DiskWindow) throws(DiskFormatError) -> [Range<UInt64>] {
        let size = window.size
        let start = try window.readAvailable(at: 0, count: 512)
        let tails = size > tail ? [size - tail..<size] : []
        let pointed = Self.pointer(start).flatMap { $0 < size ? $0..<min(size, $0 + Self.pointed) : nil }
        var result = [0..<min(head, size)]
        for range in ([pointed].compactMap { $0 } + tails).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let from = max(range.lowerBound, result[result.count - 1].upperBound)
            if from < range.upperBound { result.append(from..<range.upperBound) }
        }
        return result
    }

    /// Where the label lies if the boot sector says so: FAT32's and exFAT's root directory, NTFS's file table.
    private static func pointer(_ sector: [UInt8]) -> UInt64? {
        guard sector.count == 512 else { return nil }
        func number<Value: FixedWidthInteger>(_ type: Value.Type, _ offset: Int) -> UInt64 {
            UInt64(truncatingIfNeeded: sector.littleEndian(type, at: offset))
        }
        let name = sector[3..<11]
        let result: UInt64?
        if name.elementsEqual("EXFAT   ".utf8) {
            let (sectorShift, clusterShift) = (min(12, number(UInt8.self, 108)), min(25, number(UInt8.self, 109)))
            let cluster = max(2, number(UInt32.self, 96)) - 2
            result = (number(UInt32.self, 88) + cluster << clusterShift) << sectorShift
        } else if name.elementsEqual("NTFS    ".utf8) {
            let cluster = number(UInt16.self, 11) * number(UInt8.self, 13)
            result = number(UInt64.self, 48).multipliedReportingOverflow(by: cluster).partialValue
        } else if number(UInt16.self, 22) == 0, number(UInt32.self, 36) > 0 {
            let geometry = FatGeometry(sector)
            result = geometry?.offset(ofCluster: geometry?.rootCluster ?? 2)
        } else {
            result = nil
        }
        return result.flatMap { $0 < UInt64(Int64.max) ? $0 : nil }
    }
}
