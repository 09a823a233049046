import DiskFormats

/// A `btrfs_dir_item`: a name in a directory, or an attribute of a file.
struct BtrfsName {
    static let header = 30
    /// Of the kinds in a mode's four highest bits.
    static let types: [UInt16: UInt8] = [8: 1, 4: 2, 2: 3, 6: 4, 1: 5, 12: 6, 10: 7]
    private static let attribute: UInt8 = 8

    let bytes: [UInt8]

    /// A name for what has the key `target`.
    init(_ name: [UInt8], of target: BtrfsKey, type: UInt8, generation: UInt64) {
        bytes = target.bytes + Self.rest(name, [], type, generation)
    }

    init(_ attribute: FileTree.Attribute, generation: UInt64) {
        let none = [UInt8](repeating: 0, count: BtrfsKey.size)
        bytes = none + Self.rest(Array(attribute.name.utf8), attribute.value, Self.attribute, generation)
    }

    private static func rest(_ name: [UInt8], _ value: [UInt8], _ type: UInt8, _ generation: UInt64) -> [UInt8] {
        var bytes = [UInt8](littleEndian: generation)
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: value.count))
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: name.count))
        bytes.append(type)
        return bytes + name + value
    }

    /// Items of names whose hashes are equal stand in one item, in the order in which they come.
    static func grouped<Value>(_ values: [Value], hash: (Value) -> UInt64) -> [(hash: UInt64, values: [Value])] {
        let ordered = values.enumerated().map { (hash: hash($0.element), index: $0.offset) }
            .sorted { ($0.hash, $0.index) < ($1.hash, $1.index) }
        var groups: [(hash: UInt64, values: [Value])] = []
        groups.reserveCapacity(ordered.count)
        for one in ordered {
            if groups.last?.hash == one.hash {
                groups[groups.count - 1].values.append(values[one.index])
            } else {
                groups.append((one.hash, [values[one.index]]))
            }
        }
        return groups
    }
}
