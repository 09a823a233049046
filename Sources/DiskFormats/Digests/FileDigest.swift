import Synchronization
package import SystemPackage

/// Checksums of a file, as `md5sum` and `sha256sum` print them.
package struct FileDigest: Sendable, Hashable {
    package let md5: String
    package let sha256: String

    /// Checksums of several files at the same time.
    package static func compute(ofEach paths: [FilePath]) throws -> [FileDigest] {
        let results = Results()
        let work: @Sendable (Int) -> Void = { index in
            let result = Result { try compute(of: paths[index]) }
            results.byIndex.withLock { $0[index] = result }
        }
        try withWorkerThreads(paths.count, minimum: 0, worker: work, stop: {}, body: {})
        return try paths.indices.map { index in
            // A thread that the kernel refused leaves its file to this one.
            try results.byIndex.withLock { $0[index] }?.get() ?? compute(of: paths[index])
        }
    }

    private final class Results: Sendable {
        let byIndex = Mutex<[Int: Result<FileDigest, any Error>]>([:])
    }

    /// Reads the file once and computes both at the same time, each on a thread of its own.
    ///
    /// Holes are not read. `progress` gets the fraction done on the caller's thread; if it throws, the work ends there.
    package static func compute(
        of path: FilePath, progress: (Double) throws -> Void = { _ in }
    ) throws -> FileDigest {
        let image = try RawImage(path)
        let results = try DigestPipeline(algorithms: [.md5, .sha256]).digests { feed in
            var reporter = ProgressReporter(total: image.size)
            try image.forEachChunk { chunk, end in
                feed(chunk)
                try reporter.report(end, to: progress)
            }
        }
        return FileDigest(md5: results[0], sha256: results[1])
    }
}

extension RawImage {
    private static var chunkSize: Int { 1 << 20 }

    /// All bytes in pieces of a megabyte; pieces that lie in a hole share one buffer of zeros.
    fileprivate func forEachChunk(_ body: (_ chunk: DigestChunk, _ end: UInt64) throws -> Void) throws {
        let zeros = [UInt8](repeating: 0, count: Self.chunkSize)
        var data = try dataRange(after: 0)
        var offset: UInt64 = 0
        while offset < size {
            let count = Int(min(UInt64(Self.chunkSize), size - offset))
            let end = offset + UInt64(count)
            if let range = data, range.upperBound <= offset { data = try dataRange(after: offset) }
            let isHole = data.map { $0.lowerBound >= end } ?? true
            let bytes = isHole ? zeros : try self.bytes(at: offset, count: count)
            try body(DigestChunk(bytes: bytes, count: count), end)
            offset = end
        }
    }

    private func bytes(at offset: UInt64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            try read(
                at: offset,
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
            initializedCount = count
        }
    }
}
