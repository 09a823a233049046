package import SystemPackage

/// What a FAT filesystem is to hold: a file or directory with the little that FAT can say of it.
package struct FATItem: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case file(FilePath, size: UInt64)
        case directory([FATItem])
    }

    package let name: String
    /// Seconds since 1970.
    package let modified: Int64
    /// Nobody may write it.
    package let isReadOnly: Bool
    package let content: Content

    package init(name: String, modified: Int64, isReadOnly: Bool = false, content: Content) {
        self.name = name
        self.modified = modified
        self.isReadOnly = isReadOnly
        self.content = content
    }
}
