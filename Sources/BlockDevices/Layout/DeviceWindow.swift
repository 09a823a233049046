package import Basics

/// The part of an image file that is one block device: all of it, or one partition.
///
/// Ingot exposes each as a loop device with this offset and size limit; nothing scans a partition table.
package struct DeviceWindow: Hashable, Sendable, Codable {
    /// The node whose device this is.
    package let name: String
    /// The `local_loop` it is a part of.
    package let image: String
    package let offset: UInt64
    package let size: ByteCount
    /// Number in the partition table; nothing for a whole image.
    package let partitionNumber: Int?

    /// First byte after it.
    package var end: UInt64 { offset + size.bytes }
}
