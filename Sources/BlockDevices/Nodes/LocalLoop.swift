package import Basics

/// An image file that is exposed as a loop device: the root of every layout.
package struct LocalLoop: Hashable, Sendable, Codable {
    package let name: String
    /// The document's own size; else the build's.
    package let size: ByteCount?
    /// The document's own directory; else the build's.
    package let directory: String?
    /// Bytes per logical sector of the device.
    package let sectorSize: UInt64

    /// What the kernel's loop driver accepts: powers of two from 512 to the page size.
    private static let sectorSizes: Set<UInt64> = [512, 1024, 2048, 4096]

    init(_ entry: ConfigurationEntry, sectorSize override: UInt64?) throws(BlockDeviceError) {
        let reader = AttributeReader(entry)
        name = try reader.name()
        guard !name.contains("/"), name != ".", name != ".." else {
            throw reader.error("name '\(name)' of a local_loop is not a file name", at: "name")
        }
        size = try reader.size("size")
        directory = try reader.text("directory")
        let stated = try reader.number("block_size") ?? 512
        sectorSize = override ?? UInt64(stated)
        guard Self.sectorSizes.contains(sectorSize) else {
            throw reader.error("block_size \(sectorSize) is not one of 512, 1024, 2048, 4096", at: "block_size")
        }
        if let size, size.bytes == 0 { throw reader.error("size of '\(name)' is zero", at: "size") }
    }
}
