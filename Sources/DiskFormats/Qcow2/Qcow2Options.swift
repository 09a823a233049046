/// What a qcow2 file shall be, apart from its contents.
package struct Qcow2Options: Sendable, Hashable {
    package enum Version: UInt32, Sendable, Hashable {
        /// `compat=0.10`: readable by every QEMU.
        case version2 = 2
        /// `compat=1.1`: readable since QEMU 1.1.
        case version3 = 3
    }

    package var version = Version.version3
    /// A power of two from 512 bytes to 2 MiB.
    package var clusterSize: UInt64 = 65536
    package var compression: ClusterCompression
    /// What the image declares; QEMU compresses by it if the image is written to later.
    package var compressionType: Qcow2CompressionType
    /// Lets QEMU delay refcount updates when it writes to the image.
    package var hasLazyRefcounts = false

    package init(compression: ClusterCompression = .deflate()) {
        self.compression = compression
        if case .zstd = compression { compressionType = .zstd } else { compressionType = .deflate }
    }

    /// Refuses values and combinations that no qcow2 file can have.
    func validate() throws(DiskFormatError) {
        guard clusterSize.nonzeroBitCount == 1,
            Qcow2Geometry.clusterBitsRange.contains(clusterSize.trailingZeroBitCount)
        else { throw Self.invalid("cluster size \(clusterSize) is not a power of two from 512 to 2097152") }
        guard version == .version3 || (compressionType == .deflate && !hasLazyRefcounts) else {
            throw Self.invalid("zstd compression and lazy refcounts need compat=1.1")
        }
        switch compression {
        case .none: break
        case .deflate(let level):
            guard compressionType == .deflate, (1...12).contains(level) else {
                throw Self.invalid("deflate level \(level) does not go with this image")
            }
        case .zstd(let level):
            guard compressionType == .zstd, (1...19).contains(level) else {
                throw Self.invalid("zstd level \(level) does not go with this image")
            }
        }
    }

    private static func invalid(_ reason: String) -> DiskFormatError {
        DiskFormatError(.invalidRequest, "make a qcow2 image", reason)
    }
}
