package import Basics

/// An image file to be made: how large, and what is written to its partition table.
package struct ImageFile: Hashable, Sendable, Codable {
    /// The `local_loop`.
    package let name: String
    package let path: String
    /// A whole number of sectors.
    package let size: ByteCount
    package let sectorSize: UInt64
    package let table: PartitionTable?
}
