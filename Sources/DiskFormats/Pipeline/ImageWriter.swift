import Basics
package import SystemPackage

/// A file to write, and how.
package struct ImageOutput: Sendable, Hashable {
    package let path: FilePath
    package let encoding: ImageEncoding

    package init(path: FilePath, encoding: ImageEncoding) {
        self.path = path
        self.encoding = encoding
    }
}

/// What a written file became.
package struct ImageSummary: Sendable, Hashable, CustomStringConvertible {
    package let path: FilePath
    package let format: DiskImageFormat
    package let fileSize: UInt64
    /// Bytes that it takes on its file system, holes left out.
    package let allocatedSize: UInt64
    /// Of qcow2 images.
    package let qcow2: Qcow2Summary?

    package var description: String {
        qcow2.map { "\($0)" } ?? "file \(ByteCount(fileSize)), \(ByteCount(allocatedSize)) allocated"
    }
}

/// Writes a disk's contents in any number of formats while reading it once.
package struct ImageWriter: Sendable {
    private let threadCount: Int

    package init(threadCount: Int = availableProcessorCount()) { self.threadCount = threadCount }

    /// Writes all outputs, which are on stable storage on return; if any of them fails, all are removed.
    ///
    /// `source` is the image's file, if it has one that must not be overwritten. `progress` gets the fraction done on the
    /// caller's thread and may throw to stop.
    package func write(
        _ image: any GuestImage, source: ImageFile? = nil, to outputs: [ImageOutput],
        progress: (Double) throws -> Void = { _ in }
    ) throws -> [ImageSummary] {
        try write(image, source, outputs, beside: [], progress)
    }

    /// The same, and the checksums of the disk, which are those of its raw file: they cost no read of their own.
    package func writeWithDigest(
        _ image: any GuestImage, source: ImageFile? = nil, to outputs: [ImageOutput],
        progress: (Double) throws -> Void = { _ in }
    ) throws -> (summaries: [ImageSummary], contents: FileDigest) {
        var summaries: [ImageSummary] = []
        let digest = try FileDigest.ofContents(size: image.size) { sink in
            summaries = try write(image, source, outputs, beside: [sink], progress)
        }
        return (summaries, digest)
    }

    private func write(
        _ image: any GuestImage, _ source: ImageFile?, _ outputs: [ImageOutput], beside others: [any DiskImageSink],
        _ progress: (Double) throws -> Void
    ) throws -> [ImageSummary] {
        var created: [FilePath] = []
        do {
            let files = try outputs.map { output in
                let file = try ImageFile.create(output.path, notOver: source)
                created.append(output.path)
                return file
            }
            let memo = sharedMemo(outputs)
            let sinks = try zip(outputs, files).map {
                try $0.encoding.sink(for: image, $1, path: $0.path, memo: $0.encoding.hasPlainClusters ? memo : nil)
            }
            try DiskPass(image, threadCount: threadCount).run(others + sinks, progress: progress)
            return try zip(outputs, zip(files, sinks)).map { output, made in
                ImageSummary(
                    path: output.path, format: output.encoding.format, fileSize: try made.0.size(),
                    allocatedSize: try made.0.allocatedSize(), qcow2: (made.1 as? Qcow2Sink)?.summary)
            }
        } catch {
            created.forEach(removeFile)
            throw error
        }
    }
}

extension ImageWriter {
    /// A memo if a qcow2 and a VMDK of the same clusters at the same level are among the outputs.
    private func sharedMemo(_ outputs: [ImageOutput]) -> EncodingMemo? {
        let plain = outputs.map(\.encoding).filter(\.hasPlainClusters)
        guard plain.count == 2, plain[0].deflateLevel == plain[1].deflateLevel, plain[0].format != plain[1].format
        else {
            return nil
        }
        return EncodingMemo()
    }
}

extension ImageEncoding {
    /// The files that an overlay in `folder` would build on; none for other images.
    package func backingFiles(from folder: FilePath) throws -> [ImageFile] {
        guard case .qcow2(let options) = self, let backing = options.backing else { return [] }
        return try backing.open(from: folder).files
    }

    /// Whether its clusters are those of 64 KiB, deflated each for itself.
    fileprivate var hasPlainClusters: Bool { deflateLevel != nil }

    fileprivate var deflateLevel: Int? {
        switch self {
        case .qcow2(let options):
            guard case .deflate(let level) = options.compression,
                options.clusterSize == VmdkHeader.standardGrainSectors * 512,
                !options.hasExtendedL2, options.backing == nil, options.virtualSize == nil
            else { return nil }
            return level
        case .vmdk(let options): return options.subformat == .streamOptimized ? options.level : nil
        default: return nil
        }
    }

    /// QEMU itself writes an empty disk as VMDK or fixed VHD, and cannot open what it wrote; VHDX has at least a sector.
    private var holdsEmptyDisks: Bool {
        switch self {
        case .vmdk, .vhdx: false
        case .vhd(let options): options.subformat != .fixed
        default: true
        }
    }

    /// What writes this format into a new, empty file.
    fileprivate func sink(
        for image: any GuestImage, _ file: ImageFile, path: FilePath, memo: EncodingMemo?
    ) throws -> any DiskImageSink {
        guard image.size > 0 || holdsEmptyDisks else {
            throw DiskFormatError(.invalidRequest, "make a \(format) image of 0 bytes", "no program opens one")
        }
        switch self {
        case .qcow2(let options):
            let backing = try options.backing?.open(from: path.removingLastComponent())
            return try Qcow2Sink(file: file, size: image.size, options: options, backing: backing, memo: memo)
        case .raw: return try RawSink(file: file, size: image.size)
        case .vhd(let options): return try VhdSink(file: file, size: image.size, options: options)
        case .vmdk(let options) where options.subformat == .streamOptimized:
            return try VmdkStreamSink(file: file, size: image.size, options: options, memo: memo)
        case .vmdk(let options): return try VmdkSparseSink(file: file, size: image.size, options: options)
        case .vdi(let options): return try VdiSink(file: file, size: image.size, options: options)
        case .vhdx(let options): return try VhdxSink(file: file, size: image.size, options: options)
        }
    }
}
