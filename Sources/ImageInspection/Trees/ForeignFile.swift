/// A file, directory, link or node of a file system that is not mounted, with all that a copy must keep.
package struct ForeignFile: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file
        case directory
        /// Where it points to, as bytes.
        case link(target: [UInt8])
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case fifo
        case socket
    }

    /// An extended attribute, xattr(7), with the name and the value that the kernel would show.
    package struct Attribute: Hashable, Sendable {
        package let name: String
        package let value: [UInt8]
    }

    package let kind: Kind
    /// The twelve bits of chmod(2).
    package let mode: UInt16
    package let owner: UInt32
    package let group: UInt32
    /// Bytes; of files only.
    package let size: UInt64
    /// Seconds since 1970 and nanoseconds.
    package let modified: Time
    package let attributes: [Attribute]
    /// The same for all names of one file; nil for a file with one name.
    package let identity: UInt64?

    package struct Time: Hashable, Sendable {
        package let seconds: Int64
        package let nanoseconds: UInt32
    }
}
