/// How a qcow2 image says its compressed clusters are encoded; one type per image.
package enum Qcow2CompressionType: UInt8, Sendable, Hashable {
    /// Raw deflate (RFC 1951); called `zlib` by qemu-img.
    case deflate = 0
    /// A zstd frame per cluster; readable by QEMU 5.1 and later.
    case zstd = 1

    /// The name in qemu-img's options and reports.
    package var name: String { self == .deflate ? "zlib" : "zstd" }
}

/// What the writer does with a cluster of data.
package enum ClusterCompression: Sendable, Hashable {
    case none
    /// libdeflate's levels, 1 to 12.
    ///
    /// Level 5 against 6 on an 812 MiB Debian tree: 0.946 against 0.942 of qemu-img's size, 16 % less time.
    case deflate(level: Int = 5)
    /// zstd's levels, 1 to 19.
    case zstd(level: Int = 3)
}
