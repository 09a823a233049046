import DiskFormats
import SystemPackage

/// A file that the kernel unpacks into its first root file system.
struct InitialRamdisk: Sendable {
    let path: FilePath

    /// First bytes of a cpio archive, plain or compressed in one of the kernel's ways.
    private static let marks: [[UInt8]] = [
        Array("070701".utf8), Array("070702".utf8), [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], [0xFD, 0x37, 0x7A, 0x58],
        [0x02, 0x21, 0x4C, 0x18],
    ]

    /// Nil if the file does not begin like one.
    init?(_ path: FilePath) throws {
        let file = try ImageFile.open(path)
        var head = [UInt8](repeating: 0, count: 6)
        guard try file.size() >= 512 else { return nil }
        try head.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
        guard Self.marks.contains(where: { head.starts(with: $0) }) else { return nil }
        self.path = path
    }

    /// A copy with more behind it, where the kernel looks for the next archive: at a multiple of four.
    func copy(to target: FilePath, appending archive: [UInt8]) throws {
        try RawImageCopy().write(from: path, to: target)
        let descriptor = try FileDescriptor.open(target, .writeOnly, options: [.append, .closeOnExec])
        try descriptor.closeAfter {
            let end = try descriptor.seek(offset: 0, from: .end)
            _ = try descriptor.writeAll([UInt8](repeating: 0, count: Int((4 - end % 4) % 4)) + archive)
        }
    }
}
