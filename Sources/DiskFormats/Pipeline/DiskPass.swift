/// Reads a disk once and feeds any number of outputs, with bounded memory and on all processors.
///
///     try DiskPass(image).run([qcow2Sink, rawSink], progress: …)
package struct DiskPass: Sendable {
    private let image: any GuestImage
    private let threadCount: Int

    package init(_ image: any GuestImage, threadCount: Int = availableProcessorCount()) {
        self.image = image
        self.threadCount = max(1, threadCount)
    }

    /// Shows every piece with data to every output, then finishes them in their order.
    ///
    /// The first error ends the pass; removing the files is for whoever made them. `progress` gets the fraction of the disk
    /// done, at most once per percent, on the caller's thread, and may throw to stop.
    package func run(_ sinks: [any DiskImageSink], progress: (Double) throws -> Void = { _ in }) throws {
        let lanes = sinks.map { makeLane($0) }
        let grain = sinks.map(\.grain).max() ?? 1
        let memory = PipelineMemory(
            grain: max(grain, Int(min(image.readGrain, UInt64(PipelineMemory.largestPiece)))), outputs: sinks.count,
            wantedThreads: threadCount)
        let visited = [image] + sinks.flatMap(\.alsoVisited)
        let encoders = lanes.map(\.encoder)
        let pipeline = PiecePipeline(image: image, visited: visited, memory: memory, encoders: encoders)
        var reporter = ProgressReporter(total: image.size)
        try reporter.report(0, to: progress)
        try pipeline.forEachPiece { number, piece in
            for lane in lanes { try lane.append(piece, number: number) }
            try reporter.report(min(image.size, piece.offset + UInt64(piece.bytes.count)), to: progress)
        }
        for sink in sinks { try sink.finish() }
        try reporter.report(image.size, to: progress)
    }
}

private func makeLane<Sink: DiskImageSink>(_ sink: Sink) -> any SinkLane { Lane(sink) }

/// An output whose type is forgotten.
private protocol SinkLane {
    var encoder: any LaneEncoding { get }
    func append(_ piece: DiskPiece, number: Int) throws
}

private final class Lane<Sink: DiskImageSink>: SinkLane {
    private let sink: Sink
    private let encoding: LaneEncoder<Sink.Encoder>
    var encoder: any LaneEncoding { encoding }

    init(_ sink: Sink) {
        self.sink = sink
        encoding = LaneEncoder(sink.encoder)
    }

    func append(_ piece: DiskPiece, number: Int) throws { try sink.append(piece, encoding.take(number)) }
}
