import DiskFormats

/// The contents of a directory, which inner nodes of hashed ones fit too: they look like free entries.
struct Ext4Directory {
    let entries: [(name: [UInt8], inode: UInt64)]

    init(_ bytes: [UInt8]) throws(ImageInspectionError) {
        var result: [(name: [UInt8], inode: UInt64)] = []
        var position = 0
        while position + 8 <= bytes.count {
            let number = UInt64(bytes.littleEndian(UInt32.self, at: position))
            // 65535 and 0 stand for a length of 64 KiB, which has no room in the field.
            let stored = Int(bytes.littleEndian(UInt16.self, at: position + 4))
            let length = stored == 65535 || stored == 0 ? 65536 : stored
            let nameLength = Int(bytes[position + 6])
            guard length >= 8, length.isMultiple(of: 4), position + length <= bytes.count, nameLength + 8 <= length
            else { throw Ext4Superblock.malformed("a directory is broken") }
            if number != 0, nameLength > 0 {
                result.append((Array(bytes[(position + 8)..<(position + 8 + nameLength)]), number))
            }
            position += length
        }
        entries = result
    }
}
