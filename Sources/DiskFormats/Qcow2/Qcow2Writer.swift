package import Basics
package import SystemPackage

/// What a qcow2 file became.
package struct Qcow2Summary: Sendable, Hashable {
    /// The guest's disk size: the input's, rounded up to a sector.
    package let virtualSize: ByteCount
    package let fileSize: ByteCount
    /// Clusters that are not zero; all others take no room.
    package let dataClusters: UInt64
    package let compressedClusters: UInt64
    package let totalClusters: UInt64
}

extension Qcow2Summary: CustomStringConvertible {
    package var description: String {
        "disk \(virtualSize), file \(fileSize), \(dataClusters) of \(totalClusters) clusters hold data, "
            + "\(compressedClusters) compressed"
    }
}

/// Writes a disk's contents as a compact qcow2 file.
///
/// Holes and zeros are left out, data is compressed on all processors, and the bytes are the same for any number of
/// threads: only placing, which is cheap, is done in order. Memory stays under 64 MB whatever the image's size.
package struct Qcow2Writer: Sendable {
    package var options: Qcow2Options
    /// Threads that compress; by default one per processor.
    package var threadCount: Int

    package init(_ options: Qcow2Options = Qcow2Options(), threadCount: Int = availableProcessorCount()) {
        self.options = options
        self.threadCount = max(1, threadCount)
    }

    /// Turns a raw disk file into a qcow2 file, which is on stable storage on return and removed on failure.
    ///
    /// `progress` gets the fraction done, at most once per percent, on the caller's thread; if it throws, writing ends there.
    package func write(
        from source: FilePath, to target: FilePath, progress: (Double) throws -> Void = { _ in }
    ) throws -> Qcow2Summary {
        let image = try RawImage(source)
        return try write(image, source: image.file, to: target, progress: progress)
    }

    /// The same for an image of any format; `source` is its file, if there is one that must not be overwritten.
    package func write(
        _ image: any GuestImage, source: ImageFile? = nil, to target: FilePath,
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Qcow2Summary {
        let geometry = try geometry(for: image)
        let file = try ImageFile.create(target, notOver: source)
        do {
            return try write(image, geometry: geometry, to: file, progress: progress)
        } catch {
            removeFile(target)
            throw error
        }
    }

    private func geometry(for image: any GuestImage) throws -> Qcow2Geometry {
        try options.validate()
        let sector = Qcow2Geometry.sectorSize
        let size = image.size % sector == 0 ? image.size : (image.size / sector + 1) * sector
        let geometry = Qcow2Geometry(clusterBits: options.clusterSize.trailingZeroBitCount, virtualSize: size)
        guard geometry.isWithinLimits else {
            throw DiskFormatError(
                .invalidRequest, "make a qcow2 image of \(size) bytes",
                "clusters of \(options.clusterSize) bytes are too small for it")
        }
        return geometry
    }

    private func write(
        _ image: any GuestImage, geometry: Qcow2Geometry, to file: ImageFile, progress: (Double) throws -> Void
    ) throws -> Qcow2Summary {
        let pipeline = EncodingPipeline(
            image: image, geometry: geometry, compression: options.compression, threadCount: threadCount)
        var assembly = Qcow2Assembly(file: file, geometry: geometry)
        var reporter = ProgressReporter(total: geometry.clusterCount)
        try reporter.report(0, to: progress)
        try pipeline.forEachBatch { batch in
            try assembly.append(batch)
            if let last = batch.clusters.last { try reporter.report(last.index + 1, to: progress) }
        }
        let size = try assembly.finish(options)
        try file.synchronize()
        try reporter.report(geometry.clusterCount, to: progress)
        return Qcow2Summary(
            virtualSize: ByteCount(geometry.virtualSize), fileSize: ByteCount(size),
            dataClusters: assembly.storedCount + assembly.compressedCount,
            compressedClusters: assembly.compressedCount, totalClusters: geometry.clusterCount)
    }
}
