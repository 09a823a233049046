package import SystemPackage

/// Where the tar stream of a tree goes, and what is made of it on the way.
package enum TarOutput: Sendable {
    case plain(FilePath)
    case gzip(FilePath)
    case zstd(FilePath)
    case oci(FilePath, OCIArchive)
    /// Into a process that reads it from this socket, which stays the caller's; `name` is for messages.
    case process(socket: Int32, name: String)

    /// Runs `produce` with the sink of this output.
    fileprivate func feed(_ produce: (any ByteSink) throws -> Void) throws {
        switch self {
        case .plain(let path): try produce(FileSink(creating: path))
        case .gzip(let path): try GzipStream().compress(to: FileSink(creating: path), produce)
        case .zstd(let path): try produce(ZstdSink(to: FileSink(creating: path)))
        case .oci(let path, let archive): try archive.write(to: path, produce)
        case .process(let socket, let name): try produce(SocketSink(socket, name: name))
        }
    }
}

/// Makes every output that is a tar stream at heart from one walk through the tree.
package struct TarOutputs: Sendable {
    private let tree: FilePath
    private let outputs: [TarOutput]

    package init(tree: FilePath, _ outputs: [TarOutput]) {
        self.tree = tree
        self.outputs = outputs
    }

    /// Memory is bounded: a few pieces of the stream for each output.
    ///
    /// `check` throws to stop the work.
    package func write(check: @escaping () throws -> Void = {}) throws { try feed(outputs[...], [], check) }

    private func feed(_ rest: ArraySlice<TarOutput>, _ sinks: [any ByteSink], _ check: @escaping () throws -> Void)
        throws
    {
        guard let output = rest.first else {
            let tee = TeeSink(sinks, check: check)
            return try TreeArchiver(tree: tree, format: .tar).write(to: tee)
        }
        try output.feed { try feed(rest.dropFirst(), sinks + [$0], check) }
    }
}
