import DiskFormats

/// Extended attributes of ext2, ext3 and ext4: entries with names cut into a number and a rest, values elsewhere in the
/// same area (Linux, Documentation/filesystems/ext4/attributes.rst).
struct Ext4Attributes {
    private static let magic: UInt32 = 0xEA02_0000
    /// What the numbers stand for; 2 and 3 are whole names.
    private static let prefixes: [UInt8: String] = [
        1: "user.", 2: AccessList.access, 3: AccessList.standard, 4: "trusted.", 6: "security.", 7: "system.",
    ]
    /// Contents of small files, kept as an attribute.
    private static let inlineData = "system.data"

    private enum AccessList {
        static let access = "system.posix_acl_access"
        static let standard = "system.posix_acl_default"
    }

    /// Reads a value that has an inode of its own.
    let readValue: (_ inode: UInt64, _ size: UInt64) throws -> [UInt8]

    /// Those behind the fields of an inode; empty if there are none.
    func inInode(_ area: [UInt8]) throws -> [ForeignFile.Attribute] {
        guard area.count >= 8, area.littleEndian(UInt32.self, at: 0) == Self.magic else { return [] }
        return try entries(in: area, from: 4, valuesFrom: 4)
    }

    /// Those in a block.
    func inBlock(_ block: [UInt8]) throws -> [ForeignFile.Attribute] {
        guard block.count >= 36, block.littleEndian(UInt32.self, at: 0) == Self.magic else {
            throw Ext4Superblock.malformed("a block of attributes is none")
        }
        return try entries(in: block, from: 32, valuesFrom: 0)
    }

    private func entries(in area: [UInt8], from start: Int, valuesFrom base: Int) throws -> [ForeignFile.Attribute] {
        var result: [ForeignFile.Attribute] = []
        var position = start
        while position + 16 <= area.count, area.littleEndian(UInt32.self, at: position) != 0 {
            let nameSize = Int(area[position])
            guard position + 16 + nameSize <= area.count else {
                throw Ext4Superblock.malformed("an attribute's name is outside of its area")
            }
            let rest = String(decoding: area[(position + 16)..<(position + 16 + nameSize)], as: UTF8.self)
            let prefix = Self.prefixes[area[position + 1]]
            let value = try value(of: position, in: area, valuesFrom: base)
            if let prefix, prefix + rest != Self.inlineData {
                result.append(try Self.attribute(prefix + rest, value))
            }
            position += (16 + nameSize + 3) & ~3
        }
        return result
    }

    private func value(of entry: Int, in area: [UInt8], valuesFrom base: Int) throws -> [UInt8] {
        let offset = base + Int(area.littleEndian(UInt16.self, at: entry + 2))
        let inode = UInt64(area.littleEndian(UInt32.self, at: entry + 4))
        let size = UInt64(area.littleEndian(UInt32.self, at: entry + 8))
        // XATTR_SIZE_MAX
        guard size <= 65536 else { throw Ext4Superblock.malformed("an attribute is too large") }
        if inode != 0 { return try readValue(inode, size) }
        guard offset + Int(size) <= area.count else {
            throw Ext4Superblock.malformed("an attribute's value is outside of its area")
        }
        return Array(area[offset..<offset + Int(size)])
    }

    private static func attribute(_ name: String, _ value: [UInt8]) throws -> ForeignFile.Attribute {
        let isList = name == AccessList.access || name == AccessList.standard
        return ForeignFile.Attribute(name: name, value: isList ? try kernelForm(ofList: value) : value)
    }

    /// On the disk a list has version 1, and entries of four bytes where no identifier is needed; the kernel's interface
    /// has version 2 and always eight (fs/ext4/acl.h, include/uapi/linux/posix_acl_xattr.h).
    private static func kernelForm(ofList bytes: [UInt8]) throws -> [UInt8] {
        guard bytes.count >= 4, bytes.littleEndian(UInt32.self, at: 0) == 1 else {
            throw Ext4Superblock.malformed("an access control list is broken")
        }
        var result: [UInt8] = [2, 0, 0, 0]
        var position = 4
        while position + 4 <= bytes.count {
            let tag = bytes.littleEndian(UInt16.self, at: position)
            // ACL_USER and ACL_GROUP
            let isNamed = tag == 0x02 || tag == 0x08
            guard !isNamed || position + 8 <= bytes.count else {
                throw Ext4Superblock.malformed("an access control list is broken")
            }
            result += bytes[position..<position + 4]
            result += isNamed ? bytes[position + 4..<position + 8] : [0xFF, 0xFF, 0xFF, 0xFF]
            position += isNamed ? 8 : 4
        }
        return result
    }
}
