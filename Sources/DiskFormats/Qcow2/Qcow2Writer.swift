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
    ///
    /// `folder` is where a relative name of a backing file starts: the one that the image will lie in at last.
    package func write(
        _ image: any GuestImage, source: ImageFile? = nil, to target: FilePath, folder: FilePath? = nil,
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Qcow2Summary {
        _ = try options.geometry(forDiskOf: image.size)
        let backing = try options.backing.map { try $0.open(from: folder ?? target.removingLastComponent()) }
        let file = try ImageFile.create(target, notOver: source)
        do {
            let sink = try Qcow2Sink(file: file, size: image.size, options: options, backing: backing)
            try DiskPass(image, threadCount: threadCount).run([sink], progress: progress)
            return sink.summary
        } catch {
            removeFile(target)
            throw error
        }
    }
}
