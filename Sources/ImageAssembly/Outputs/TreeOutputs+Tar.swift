import Glibc
import ImagePlanning
import LinuxOS
import SystemPackage
import TreeFormats

extension TreeOutputs {
    /// A process that takes the stream of tar on its standard input.
    private struct Consumer {
        let tool: String
        let command: Command
        /// Our end of the socket.
        let socket: Int32
    }

    /// Makes all formats of the family from one walk, those that other programs make at the same time.
    func writeTarStreams(
        _ targets: [Target], onLine: @escaping @Sendable (_ tool: String, _ line: String) -> Void
    ) async throws {
        if targets.isEmpty { return }
        var outputs: [TarOutput] = []
        var consumers: [Consumer] = []
        // Closed at the very end only: a consumer must not take a stream that broke off for one that ended.
        defer { for consumer in consumers { close(consumer.socket) } }
        for target in targets {
            if let consumer = try consumer(of: target) {
                consumers.append(consumer)
                outputs.append(.process(socket: consumer.socket, name: consumer.tool))
            } else {
                outputs.append(output(of: target))
            }
        }
        let (tree, all, feeds) = (tree, outputs, consumers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for feed in feeds {
                group.addTask { try await runner.check(feed.command) { onLine(feed.tool, $0) } }
            }
            group.addTask { try await interruptible("tar") { try TarOutputs(tree: tree, all).write(check: $0) } }
            // Not waitForAll: that waits for the others before it tells of a failure.
            do { while try await group.next() != nil {} } catch {
                let cause = await Self.cause(error, &group)
                group.cancelAll()
                throw cause
            }
        }
    }

    /// The failure to tell of: a consumer that failed is why the stream to it broke off.
    private static func cause(
        _ first: any Error, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async -> any Error {
        guard (first as? TreeFormatError)?.underlying == .brokenPipe else { return first }
        // The next to end is the consumer that has gone: any other still waits for the rest of the stream.
        do { _ = try await group.next() } catch let failure as CommandFailure { return failure } catch {}
        return first
    }

    private func output(of target: Target) -> TarOutput {
        switch target.format {
        case .tgz: .gzip(target.path)
        case .tarZstd: .zstd(target.path)
        case .oci:
            .oci(
                target.path,
                OCIArchive(
                    architecture: architecture, configuration: options.container,
                    reference: options.target.isEmpty ? "latest" : options.target,
                    compression: OCIArchive.Compression(rawValue: options.layerCompression) ?? .gzip,
                    created: options.sourceDate))
        default: .plain(target.path)
        }
    }

    private func consumer(of target: Target) throws -> Consumer? {
        switch (target.format, options.gzip) {
        case (.docker, _):
            let (ours, theirs) = try Self.socketPair()
            let command = Command(
                engine, ["import", "-", options.target], standardInput: .descriptor(theirs))
            return Consumer(tool: engine, command: command, socket: ours)
        case (.tgz, let words?):
            let (ours, theirs) = try Self.socketPair()
            let command = Command(
                "sh", ["-c", #"exec "$@" >"$0""#, target.path.string] + words, standardInput: .descriptor(theirs))
            return Consumer(tool: words[0], command: command, socket: ours)
        default: return nil
        }
    }

    /// A socket and not a pipe: writing to a reader that has gone must not end this program.
    private static func socketPair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw AssemblyError(.invalidState, "cannot make a socket: \(Errno(rawValue: errno))")
        }
        return (ends[0], ends[1])
    }
}
