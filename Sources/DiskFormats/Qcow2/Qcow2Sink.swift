import Basics

/// A qcow2 file as an output of a pass over a disk.
///
/// The bytes do not depend on the number of threads, nor on the outputs beside it: only placing, which is cheap, is done
/// in order, and cluster by cluster.
package final class Qcow2Sink: DiskImageSink {
    private let file: ImageFile
    private let geometry: Qcow2Geometry
    private let options: Qcow2Options
    private var assembly: Qcow2Assembly
    private var fileSize: UInt64 = 0
    /// The clusters of a piece, for whoever wants the same compressed bytes.
    package let encoder: ClusterEncoder
    package let alsoVisited: [any GuestImage]
    package var grain: Int { Int(geometry.clusterSize) }

    /// Takes an empty file, which whoever made it removes on failure.
    ///
    /// `size` is the disk's; `backing` the opened file that the options name.
    init(
        file: ImageFile, size: UInt64, options: Qcow2Options, backing: (any GuestImage)? = nil,
        memo: EncodingMemo? = nil
    ) throws {
        self.file = file
        self.options = options
        geometry = try options.geometry(forDiskOf: size)
        encoder = ClusterEncoder(
            geometry: geometry, compression: options.compression, backing: backing,
            hasZeroFlag: options.version == .version3, memo: memo)
        alsoVisited = backing.map { [$0] } ?? []
        if options.disablesCopyOnWrite { file.disableCopyOnWrite() }
        assembly = Qcow2Assembly(file: file, geometry: geometry, options: options)
    }

    package func append(_ piece: DiskPiece, _ encoded: EncodedClusters) throws {
        try assembly.append(piece, encoded)
    }

    package func finish() throws {
        fileSize = try assembly.finish()
        try file.synchronize()
    }

    /// What became of the disk; complete after `finish`.
    package var summary: Qcow2Summary {
        Qcow2Summary(
            virtualSize: ByteCount(geometry.virtualSize), fileSize: ByteCount(fileSize),
            dataClusters: assembly.storedCount + assembly.compressedCount,
            compressedClusters: assembly.compressedCount, totalClusters: geometry.clusterCount)
    }
}
