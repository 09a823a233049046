import DiskFormats

/// Where an item stands in a tree: items are in the order of their keys (Linux, include/uapi/linux/btrfs_tree.h).
struct BtrfsKey: Hashable, Comparable {
    static let size = 17

    let object: UInt64
    let kind: BtrfsKind
    let offset: UInt64

    init(_ object: UInt64, _ kind: BtrfsKind, _ offset: UInt64) {
        self.object = object
        self.kind = kind
        self.offset = offset
    }

    static func < (one: BtrfsKey, other: BtrfsKey) -> Bool {
        (one.object, one.kind.rawValue, one.offset) < (other.object, other.kind.rawValue, other.offset)
    }

    var bytes: [UInt8] { [UInt8](littleEndian: object) + [kind.rawValue] + [UInt8](littleEndian: offset) }
}

/// What an item is.
enum BtrfsKind: UInt8 {
    case inode = 1
    case inodeReference = 12
    case inodeExtendedReference = 13
    case attribute = 24
    case name = 84
    case nameByIndex = 96
    case contents = 108
    case checksums = 128
    case root = 132
    case extent = 168
    case node = 169
    case blockGroup = 192
    case freeSpaceInformation = 198
    case freeSpace = 199
    case deviceExtent = 204
    case device = 216
    case chunk = 228
    case subvolumeIdentifier = 251
}

/// Numbers of trees and of other objects that every btrfs has.
enum BtrfsObject {
    static let rootTree: UInt64 = 1
    static let extentTree: UInt64 = 2
    static let chunkTree: UInt64 = 3
    static let deviceTree: UInt64 = 4
    static let fileTree: UInt64 = 5
    static let rootDirectory: UInt64 = 6
    static let checksumTree: UInt64 = 7
    static let identifierTree: UInt64 = 9
    static let freeSpaceTree: UInt64 = 10
    static let relocationTree = UInt64(bitPattern: -9)
    static let checksums = UInt64(bitPattern: -10)
    static let devices: UInt64 = 1
    static let chunks: UInt64 = 256
    /// The root directory of a tree of files; its other inodes have larger numbers.
    static let firstInode: UInt64 = 256
}

extension [UInt8] {
    init(littleEndian value: some FixedWidthInteger) {
        self = Swift.withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// Appends an integer, least byte first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append(zeros count: Int) { append(contentsOf: repeatElement(0, count: count)) }
}
