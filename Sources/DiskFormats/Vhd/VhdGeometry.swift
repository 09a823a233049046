/// Cylinders, heads and sectors of a VHD's footer: some readers take the disk's size from them.
///
/// Source of the arithmetic: Microsoft's Virtual Hard Disk Image Format Specification, appendix "CHS Calculation".
struct VhdGeometry: Sendable, Equatable {
    /// 65535 cylinders of 16 heads and 255 sectors: about 127 GiB; larger disks have the size field alone.
    static let largestSectorCount: UInt64 = 65535 * 16 * 255

    let cylinders: UInt16
    let heads: UInt8
    let sectorsPerTrack: UInt8

    var sectorCount: UInt64 { UInt64(cylinders) * UInt64(heads) * UInt64(sectorsPerTrack) }

    init(cylinders: UInt16, heads: UInt8, sectorsPerTrack: UInt8) {
        self.cylinders = cylinders
        self.heads = heads
        self.sectorsPerTrack = sectorsPerTrack
    }

    /// The geometry for a disk; it may hold fewer sectors than the disk has, since cylinders are whole.
    init(sectorCount: UInt64) {
        let total = min(sectorCount, Self.largestSectorCount)
        var (sectors, heads): (UInt64, UInt64) = (255, 16)
        if total < 65535 * 16 * 63 {
            sectors = 17
            heads = max(4, (total / sectors + 1023) / 1024)
            if total / sectors >= heads * 1024 || heads > 16 { (sectors, heads) = (31, 16) }
            if total / sectors >= heads * 1024 { (sectors, heads) = (63, 16) }
        }
        self.init(
            cylinders: UInt16(total / sectors / heads), heads: UInt8(heads), sectorsPerTrack: UInt8(sectors))
    }

    /// The geometry of the smallest disk that holds so many sectors, as Virtual PC and `qemu-img -O vpc` choose it.
    init(holding sectorCount: UInt64) {
        var candidate = VhdGeometry(sectorCount: sectorCount)
        var tried = sectorCount
        while candidate.sectorCount < min(sectorCount, Self.largestSectorCount) {
            tried += 1
            candidate = VhdGeometry(sectorCount: tried)
        }
        self = candidate
    }
}
