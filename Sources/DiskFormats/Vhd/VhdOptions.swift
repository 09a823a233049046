/// What a VHD shall be, apart from its contents.
package struct VhdOptions: Sendable, Hashable {
    package enum Subformat: String, Sendable, CaseIterable {
        /// Blocks with data only.
        case dynamic
        /// The disk itself with a footer; what Azure takes.
        case fixed
    }

    /// Which of the footer's two sizes is the disk's.
    package enum SizeRule: Sendable, Hashable {
        /// The disk's own, to the sector: a GPT keeps its second copy at the end.
        case exact
        /// Rounded up to whole cylinders, as Virtual PC wants it and `qemu-img -O vpc` writes it.
        case geometry
    }

    package var subformat = Subformat.dynamic
    package var sizeRule = SizeRule.exact

    package init(subformat: Subformat = .dynamic, sizeRule: SizeRule = .exact) {
        self.subformat = subformat
        self.sizeRule = sizeRule
    }

    /// The largest disk of a dynamic VHD: 2040 GiB.
    static let largestSize: UInt64 = 2040 << 30

    /// The creator that makes readers, QEMU among them, believe the size we mean: they look at these four letters.
    var creator: String { sizeRule == .exact ? "qem2" : "qemu" }

    func geometry(size: UInt64) -> VhdGeometry {
        let sectors = (size + 511) / 512
        return sizeRule == .exact ? VhdGeometry(sectorCount: sectors) : VhdGeometry(holding: sectors)
    }

    /// The disk's size in the image.
    func virtualSize(of size: UInt64) throws(DiskFormatError) -> UInt64 {
        let exact = (size + 511) / 512 * 512
        let geometry = geometry(size: size)
        let isLimited = geometry.sectorCount >= VhdGeometry.largestSectorCount
        let result = sizeRule == .exact || isLimited ? exact : geometry.sectorCount * 512
        guard result <= Self.largestSize else {
            throw DiskFormatError(
                .invalidRequest, "make a VHD of \(size) bytes", "a VHD has 2040 GiB at most; VHDX has more")
        }
        return result
    }
}
