/// What a VMDK shall be, apart from its contents.
package struct VmdkOptions: Sendable, Hashable {
    package enum Subformat: String, Sendable, CaseIterable {
        /// Compressed grains one after another: for transport, and what vSphere and OVF import.
        case streamOptimized
        /// Grains where there is data, uncompressed, writable.
        case monolithicSparse
    }

    package var subformat = Subformat.streamOptimized
    package var adapter = VmdkAdapter.ide
    package var hardwareVersion = "4"
    package var toolsVersion = "2147483647"
    /// Lets a program that writes to the image mark grains as zero.
    package var hasZeroedGrains = false
    /// libdeflate's level of compressed grains.
    package var level = 5
    /// How the extent names its own file; nobody looks at it in an image of one file.
    package var extentName = "disk.vmdk"

    package init() {}

    /// Places are counted in 32-bit sectors, so a file has 2 TiB at most; a disk of this size surely fits.
    static let largestSize: UInt64 = 2040 << 30

    func header(size: UInt64) throws(DiskFormatError) -> VmdkHeader {
        guard size <= Self.largestSize else {
            throw DiskFormatError(.invalidRequest, "make a VMDK of \(size) bytes", "2040 GiB are written at most")
        }
        let capacity = (size + 511) / 512
        switch subformat {
        case .streamOptimized:
            var header = VmdkHeader(version: 3, flags: [.newLineTest, .compressed, .markers], capacity: capacity)
            header.compression = 1
            return header
        case .monolithicSparse:
            let flags: VmdkHeader.Flags = [.newLineTest, .redundantTable]
            return VmdkHeader(
                version: hasZeroedGrains ? 2 : 1, flags: hasZeroedGrains ? flags.union(.zeroedGrains) : flags,
                capacity: capacity)
        }
    }

    /// The descriptor, padded to the room that the header gives it.
    func descriptor(for header: VmdkHeader) -> [UInt8] {
        let text = VmdkDescriptor(
            createType: subformat.rawValue, capacity: header.capacity, extentName: extentName, adapter: adapter,
            hardwareVersion: hardwareVersion, toolsVersion: toolsVersion
        ).text
        let room = Int(header.descriptorSectors * 512)
        return Array(text.utf8.prefix(room)) + [UInt8](repeating: 0, count: max(0, room - text.utf8.count))
    }
}
