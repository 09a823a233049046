import DiskFormats

/// Names what is no disk at all but was given as one: archives and compressed streams, by their first bytes.
enum ArchiveSignature {
    /// Bytes, where they stand, and the name.
    private static let known: [(offset: Int, bytes: [UInt8], name: String)] = [
        (257, Array("ustar".utf8), "tar archive"),
        (0, Array("070701".utf8), "cpio archive (newc)"),
        (0, [0x1F, 0x8B, 0x08], "gzip stream"),
        (0, [0x28, 0xB5, 0x2F, 0xFD], "zstd stream"),
        (0, [0xFD] + Array("7zXZ".utf8) + [0], "xz stream"),
        (0, Array("PK".utf8) + [3, 4], "zip archive"),
    ]

    /// Nil for anything else.
    static func name(of window: DiskWindow) throws(DiskFormatError) -> String? {
        let start = try window.readAvailable(at: 0, count: 512)
        return known.first { start.dropFirst($0.offset).starts(with: $0.bytes) }?.name
    }
}
