/// What a qcow2 file shall be, apart from its contents.
package struct Qcow2Options: Sendable, Hashable {
    package enum Version: UInt32, Sendable, Hashable {
        /// `compat=0.10`: readable by every QEMU.
        case version2 = 2
        /// `compat=1.1`: readable since QEMU 1.1.
        case version3 = 3
    }

    /// How much of the disk has its place in the file from the start.
    package enum Preallocation: String, Sendable, Hashable, CaseIterable {
        case off
        /// All tables, and room in the file that takes no room on the host.
        case metadata
        /// The room is reserved too.
        case falloc
        /// The room is written.
        case full
    }

    package var version = Version.version3
    /// A power of two from 512 bytes to 2 MiB.
    package var clusterSize: UInt64 = 65536
    package var compression: ClusterCompression
    /// What the image declares; QEMU compresses by it if the image is written to later.
    package var compressionType: Qcow2CompressionType
    /// Lets QEMU delay refcount updates when it writes to the image.
    package var hasLazyRefcounts = false

    package var preallocation = Preallocation.off
    /// The width of a refcount in bits, a power of two up to 64; narrow ones let fewer compressed clusters share a place.
    package var refcountBits = 16
    /// Entries that divide a cluster into 32 parts: QEMU copies less when a guest writes to a fresh overlay or large clusters.
    package var hasExtendedL2 = false
    /// The file below this one: clusters equal to its are left out.
    package var backing: Qcow2Backing?
    /// A disk larger than the input; nil for one of the same size.
    package var virtualSize: UInt64?
    /// Asks btrfs to write the file in place; other file systems have no such thing.
    package var disablesCopyOnWrite = false

    package init(compression: ClusterCompression = .deflate()) {
        self.compression = compression
        if case .zstd = compression { compressionType = .zstd } else { compressionType = .deflate }
    }

    /// Refuses values and combinations that no qcow2 file can have.
    func validate() throws(DiskFormatError) {
        guard clusterSize.nonzeroBitCount == 1,
            Qcow2Geometry.clusterBitsRange.contains(clusterSize.trailingZeroBitCount)
        else { throw Self.invalid("cluster size \(clusterSize) is not a power of two from 512 to 2097152") }
        guard refcountBits.nonzeroBitCount == 1, (1...64).contains(refcountBits) else {
            throw Self.invalid("refcounts of \(refcountBits) bits are not a power of two up to 64")
        }
        try validateCombinations()
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

    private func validateCombinations() throws(DiskFormatError) {
        let isPlain = compressionType == .deflate && !hasLazyRefcounts && !hasExtendedL2 && refcountBits == 16
        guard version == .version3 || isPlain else {
            throw Self.invalid(
                "zstd compression, lazy refcounts, extended entries and other refcounts than 16 bits need compat=1.1")
        }
        guard !hasExtendedL2 || Qcow2Geometry.extendedClusterBitsRange.contains(clusterSize.trailingZeroBitCount) else {
            throw Self.invalid("extended entries need clusters of at least 16384 bytes")
        }
        guard preallocation == .off || compression == .none else {
            throw Self.invalid("preallocation and compression exclude each other")
        }
        guard preallocation == .off || backing == nil else {
            throw Self.invalid("preallocation and a backing file exclude each other")
        }
        if let backing { try validate(backing) }
    }

    private func validate(_ backing: Qcow2Backing) throws(DiskFormatError) {
        guard let format = backing.format, !backing.name.isEmpty else {
            throw Self.invalid("a backing file needs its name and its format (backing_fmt)")
        }
        guard DiskImageFormat(name: format) != nil else {
            throw Self.invalid("backing files of format '\(format)' are not read here")
        }
        let room = min(Qcow2Backing.longestName, Int(clusterSize) - 160)
        guard backing.name.utf8.count <= room else {
            throw Self.invalid("the name of its backing file is longer than \(room) bytes")
        }
    }

    /// Checks everything, the size too.
    func geometry(forDiskOf size: UInt64) throws(DiskFormatError) -> Qcow2Geometry {
        try validate()
        let sector = Qcow2Geometry.sectorSize
        let wanted = virtualSize ?? size
        guard wanted >= size else { throw Self.invalid("its size \(wanted) is less than the disk's \(size) bytes") }
        let rounded = wanted % sector == 0 ? wanted : (wanted / sector + 1) * sector
        let geometry = Qcow2Geometry(
            clusterBits: clusterSize.trailingZeroBitCount, virtualSize: rounded, hasExtendedL2: hasExtendedL2,
            refcountBits: refcountBits)
        guard geometry.isWithinLimits else {
            throw DiskFormatError(
                .invalidRequest, "make a qcow2 image of \(rounded) bytes",
                "clusters of \(clusterSize) bytes are too small for it")
        }
        return geometry
    }

    private static func invalid(_ reason: String) -> DiskFormatError {
        DiskFormatError(.invalidRequest, "make a qcow2 image", reason)
    }
}
