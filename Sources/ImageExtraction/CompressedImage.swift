import Basics
import DiskFormats
package import LinuxOS
package import SystemPackage

/// What is in a compressed image, told by its start: a plan can refuse a wrong file in a moment, without unpacking it.
///
/// What lies behind the start is seen when it is unpacked: which system there is, and whether the stream is whole.
package struct CompressedImage: Hashable, Sendable {
    /// Bytes that are decompressed: headers, tables and the superblocks of usual file systems lie within.
    private static let length = 1 << 20

    /// For people: "qcow2 of 10 GiB in xz".
    package let text: String

    /// Nothing for what is not compressed, and where the program that undoes it is not installed.
    ///
    /// Throws `ImageExtractionError` and `DiskFormatError` for what can never be unpacked.
    package init?(_ image: FilePath, runner: any CommandRunner = SubprocessRunner()) async throws {
        guard case .compressed(let tool) = ImageSource(firstBytes: try ImageSource.firstBytes(of: image)),
            let start = try await ImageSource.firstBytes(of: image, through: tool, count: Self.length, runner)
        else { return nil }
        guard !start.isEmpty else { throw ImageExtractionError.unreadable(image, by: tool) }
        switch ImageSource(firstBytes: start) {
        case .tar: text = "tar archive in \(tool)"
        case .squashfs: text = "squashfs in \(tool)"
        case .compressed(let inner): text = "\(inner) in \(tool)"
        case .disk: text = try Self.disk(start, image) + " in \(tool)"
        }
    }

    private static func disk(_ start: [UInt8], _ image: FilePath) throws -> String {
        if Qcow2Header.isQcow2(start) {
            let header = try Qcow2Header(parsing: start, name: image.string)
            return "qcow2 of \(ByteCount(header.virtualSize))"
        }
        guard let found = marks.first(where: { start.dropFirst($0.offset).starts(with: $0.bytes) }) else {
            throw ImageExtractionError(
                .noSystem, "unpack '\(image)'", "inside it is no disk image, no archive and no file system")
        }
        return found.name
    }

    /// Bytes, where they stand, and what has them there.
    private static let marks: [(offset: Int, bytes: [UInt8], name: String)] = [
        (0, Array("KDMV".utf8), "vmdk"), (0, Array("# Disk Descriptor".utf8), "vmdk"), (0, Array("COWD".utf8), "vmdk"),
        (0, Array("vhdxfile".utf8), "vhdx"), (0, Array("conectix".utf8), "vhd"), (64, [0x7F, 0x10, 0xDA, 0xBE], "vdi"),
        (0, Array("XFSB".utf8), "xfs"), (1080, [0x53, 0xEF], "ext file system"),
        (0x10040, Array("_BHRfS_M".utf8), "btrfs"), (1024, [0x10, 0x20, 0xF5, 0xF2], "f2fs"),
        (0x8000, Array("JFS1".utf8), "jfs"), (0x8001, Array("CD001".utf8), "ISO 9660"),
        (510, [0x55, 0xAA], "raw disk"), (4096, Array("EFI PART".utf8), "raw disk"),
    ]
}
