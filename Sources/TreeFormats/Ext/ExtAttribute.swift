import DiskFormats

/// An extended attribute as ext file systems store it: the beginning of its name is a number
/// (Linux, Documentation/filesystems/ext4/attributes.rst).
struct ExtAttribute: Hashable {
    let prefix: UInt8
    let name: [UInt8]
    let value: [UInt8]

    private static let prefixes: [(text: String, number: UInt8)] = [
        ("user.", 1), ("trusted.", 4), ("security.", 6),
    ]

    /// `owner` is for messages.
    init(_ attribute: FileTree.Attribute, of owner: @autoclosure () -> String) throws {
        let (name, value) = (attribute.name, attribute.value)
        switch name {
        case AccessControlList.accessAttribute, AccessControlList.defaultAttribute:
            prefix = name == AccessControlList.accessAttribute ? 2 : 3
            self.name = []
            guard let list = AccessControlList(value) else {
                throw TreeFormatError(.unsupported, "store '\(name)' of '\(owner())'", "it is no access control list")
            }
            self.value = Self.stored(list)
        default:
            guard let known = Self.prefixes.first(where: { name.hasPrefix($0.text) }) else {
                throw TreeFormatError(
                    .unsupported, "store attribute '\(name)' of '\(owner())'",
                    "ext file systems have no such attributes")
            }
            prefix = known.number
            self.name = Array(name.utf8.dropFirst(known.text.utf8.count))
            self.value = value
        }
    }

    /// On the disk a list has version 1, and four bytes for entries that name nobody (fs/ext4/acl.h).
    private static func stored(_ list: AccessControlList) -> [UInt8] {
        var bytes: [UInt8] = [1, 0, 0, 0]
        for entry in list.entries {
            bytes += [UInt8(entry.tag.rawValue), 0, UInt8(truncatingIfNeeded: entry.permissions), 0]
            guard entry.tag == .user || entry.tag == .group else { continue }
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: entry.identifier >> UInt32(shift))) }
        }
        return bytes
    }

    /// Sum of name and value, by which the kernel finds equal attributes; name and value are padded to four bytes.
    var hash: UInt32 {
        var hash: UInt32 = 0
        for byte in name { hash = hash << 5 ^ hash >> 27 ^ UInt32(byte) }
        let padded = value + [UInt8](repeating: 0, count: -value.count & 3)
        for position in stride(from: 0, to: padded.count, by: 4) {
            hash = hash << 16 ^ hash >> 16 ^ padded.littleEndian(UInt32.self, at: position)
        }
        return hash
    }

    var entrySize: Int { (16 + name.count + 3) & ~3 }
    var valueSize: Int { (value.count + 3) & ~3 }
}

/// Attributes packed into an inode's spare bytes, or into a block: entries from the front, values from the back.
struct ExtAttributeArea {
    private static let magic: UInt32 = 0xEA02_0000
    private static let blockHeader = 32
    /// The end mark of the entries.
    private static let endMark = 4

    /// Divides them: first what fits behind an inode's fields, in `room` bytes, then what takes a block.
    static func divided(
        _ attributes: [ExtAttribute], room: Int
    ) -> (inInode: [ExtAttribute], inBlock: [ExtAttribute]) {
        let ordered = attributes.sorted {
            ($0.prefix, $0.name.count) != ($1.prefix, $1.name.count)
                ? ($0.prefix, $0.name.count) < ($1.prefix, $1.name.count) : $0.name.lexicographicallyPrecedes($1.name)
        }
        var (own, others): ([ExtAttribute], [ExtAttribute]) = ([], [])
        var left = room - 4 - endMark
        for attribute in ordered {
            let size = attribute.entrySize + attribute.valueSize
            if size <= left {
                own.append(attribute)
                left -= size
            } else {
                others.append(attribute)
            }
        }
        return (own, others)
    }

    /// The bytes behind an inode's fields.
    static func inode(_ attributes: [ExtAttribute], room: Int) -> [UInt8] {
        var area = [UInt8](repeating: 0, count: room)
        guard !attributes.isEmpty else { return area }
        area.setLittleEndian(magic, at: 0)
        // Offsets count from the first entry; the sums are left out, as by the kernel.
        pack(attributes, into: &area, from: 4, valuesFrom: 4, hashes: false)
        return area
    }

    /// A whole block without its checksum; nil if they do not fit.
    static func block(_ attributes: [ExtAttribute], size: Int) -> [UInt8]? {
        let needed = attributes.reduce(blockHeader + endMark) { $0 + $1.entrySize + $1.valueSize }
        guard needed <= size else { return nil }
        var area = [UInt8](repeating: 0, count: size)
        area.setLittleEndian(magic, at: 0)
        area.setLittleEndian(UInt32(1), at: 4)
        area.setLittleEndian(UInt32(1), at: 8)
        let sum = attributes.reduce(UInt32(0)) { $0 << 16 ^ $0 >> 16 ^ $1.hash }
        area.setLittleEndian(sum, at: 12)
        pack(attributes, into: &area, from: blockHeader, valuesFrom: 0, hashes: true)
        return area
    }

    private static func pack(
        _ attributes: [ExtAttribute], into area: inout [UInt8], from start: Int, valuesFrom base: Int, hashes: Bool
    ) {
        var entry = start
        var end = area.count
        for attribute in attributes {
            end -= attribute.valueSize
            area[entry] = UInt8(attribute.name.count)
            area[entry + 1] = attribute.prefix
            area.setLittleEndian(UInt16(attribute.value.isEmpty ? 0 : end - base), at: entry + 2)
            area.setLittleEndian(UInt32(attribute.value.count), at: entry + 8)
            area.setLittleEndian(hashes ? attribute.hash : 0, at: entry + 12)
            area.replaceSubrange(entry + 16..<entry + 16 + attribute.name.count, with: attribute.name)
            area.replaceSubrange(end..<end + attribute.value.count, with: attribute.value)
            entry += attribute.entrySize
        }
    }
}
