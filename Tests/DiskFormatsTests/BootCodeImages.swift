/// Stand-ins for GRUB's two images: the fields that are patched have their built values, every other byte is telling.
enum SampleBootCode {
    /// `boot.img` as built: jump, load address 0x8000, core at sector 1, drive 0xFF, the jump that skips a test.
    static let bootImage: [UInt8] = {
        var image = (0..<512).map { UInt8(truncatingIfNeeded: $0) }
        image.replaceSubrange(0..<3, with: [0xEB, 0x63, 0x90])
        image.replaceSubrange(0x5A..<0x64, with: [0x00, 0x80, 1, 0, 0, 0, 0, 0, 0, 0])
        image.replaceSubrange(0x64..<0x68, with: [0x00, 0xFA, 0xEB, 0x05])
        image.replaceSubrange(0x180..<0x186, with: Array("GRUB \0".utf8))
        image.replaceSubrange(510..<512, with: [0x55, 0xAA])
        return image
    }()

    /// A core image of `size` bytes whose first sector ends as diskboot.img does.
    static func coreImage(size: Int = 1300) -> [UInt8] {
        var image = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
        image.replaceSubrange(500..<512, with: [2, 0, 0, 0, 0, 0, 0, 0, 0x38, 0, 0x20, 0x08])
        return image
    }

    /// Sector 0 of a disk: a BPB of 0xB0, code of 0xC0, disk identifier 0x12345678, one partition from sector 2048.
    static let sector: [UInt8] = {
        var sector = [UInt8](repeating: 0xC0, count: 512)
        sector.replaceSubrange(3..<90, with: [UInt8](repeating: 0xB0, count: 87))
        sector.replaceSubrange(440..<446, with: [0x78, 0x56, 0x34, 0x12, 0, 0])
        sector.replaceSubrange(446..<510, with: [UInt8](repeating: 0, count: 64))
        sector.replaceSubrange(446..<462, with: [0x80, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 0, 1, 0])
        sector.replaceSubrange(510..<512, with: [0x55, 0xAA])
        return sector
    }()
}
