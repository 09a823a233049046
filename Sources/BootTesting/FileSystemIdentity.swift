/// What the superblock of a file system says of it: enough to find it again, and to know how it can be changed.
package struct FileSystemIdentity: Sendable, Equatable {
    package enum Kind: String, Sendable, Equatable {
        /// ext2, ext3 and ext4, which share their superblock and `debugfs`.
        case ext
        case xfs
        case btrfs
    }

    package let kind: Kind
    package let label: String
    package let uuid: String

    init(kind: Kind, label: String, uuid: String) {
        self.kind = kind
        self.label = label
        self.uuid = uuid
    }

    /// The bytes that have to be read from the start of the volume.
    package static let headLength = 0x10000 + 0x200

    /// Nil for a volume that holds none of the three.
    ///
    /// Offsets: ext4 `s_magic` 0x38 behind 1024, XFS `sb_uuid` 32 and
    /// `sb_fname` 108, btrfs superblock at 64 KiB with `fsid` 0x20 and `label` 0x12B.
    package init?(head: [UInt8]) {
        guard head.count >= Self.headLength else { return nil }
        if Array(head[0x438..<0x43A]) == [0x53, 0xEF] {
            (kind, uuid, label) = (.ext, Self.uuid(head, 0x468), Self.text(head, 0x478, 16))
        } else if Array(head[0..<4]) == Array("XFSB".utf8) {
            (kind, uuid, label) = (.xfs, Self.uuid(head, 32), Self.text(head, 108, 12))
        } else if Array(head[0x10040..<0x10048]) == Array("_BHRfS_M".utf8) {
            (kind, uuid, label) = (.btrfs, Self.uuid(head, 0x10020), Self.text(head, 0x1012B, 0xD0))
        } else {
            return nil
        }
    }

    /// The kernel argument that names this root file system; without an initramfs only a device name will do.
    package func rootArgument(hasInitrd: Bool) -> String? {
        guard hasInitrd else { return nil }
        return label.isEmpty ? "root=UUID=\(uuid)" : "root=LABEL=\(label)"
    }

    private static func text(_ bytes: [UInt8], _ offset: Int, _ limit: Int) -> String {
        String(decoding: bytes[offset..<(offset + limit)].prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func uuid(_ bytes: [UInt8], _ offset: Int) -> String {
        let digits = bytes[offset..<(offset + 16)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }
}
