internal import CLinux
internal import SystemPackage

/// Reads one or two pipes of a running process until it has ended and the pipes are closed.
///
/// A daemon that the process left behind may hold a pipe open for ever, while a `tee` of its may still have the last
/// lines to write: once the process has ended, reading goes on for `grace` at most.
struct OutputDrain: Sendable {
    /// The process, as a pidfd: readable when it has ended.
    let process: Int32
    var grace: Duration = .milliseconds(250)

    /// Hands over the lines of one pipe; gives the last of them.
    func lines(of pipe: Int32, onLine: @escaping @Sendable (String) -> Void) async throws -> [String] {
        try await onOwnThread("output") {
            var sink = LineSink(onLine: onLine)
            try drain(pipe, -1) { _, bytes in sink.feed(bytes) }
            sink.finish()
            return sink.lastLines
        }
    }

    /// Collects one pipe, and hands over the lines of another.
    func collect(
        _ pipe: Int32, limit: Int, errors: Int32, onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> (output: [UInt8], lastLines: [String]) {
        try await onOwnThread("output") {
            var sink = LineSink(onLine: onErrorLine)
            var output: [UInt8] = []
            try drain(pipe, errors) { isOutput, bytes in
                guard isOutput else { return sink.feed(bytes) }
                guard output.count + bytes.count <= limit else {
                    throw SystemError("capture the output", because: "it is larger than \(limit) bytes")
                }
                output.append(contentsOf: bytes)
            }
            sink.finish()
            return (output, sink.lastLines)
        }
    }

    private func drain(
        _ first: Int32, _ second: Int32, _ consume: (_ isFirst: Bool, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
        defer { buffer.deallocate() }
        var pipes = [first, second]
        var deadline: ContinuousClock.Instant?
        while true {
            if deadline != nil, pipes == [-1, -1] { return }
            if let deadline, deadline <= .now { return }
            // Once the process has ended, its descriptor would always be ready: only the pipes are watched then.
            let ready = ingot_wait_output(pipes[0], pipes[1], deadline == nil ? process : -1, timeout(until: deadline))
            guard ready >= 0 else { throw SystemError("wait for output", Errno(rawValue: -ready)) }
            if Int(ready) & INGOT_READY_EXIT != 0 { deadline = .now + grace }
            for index in 0...1 where Int(ready) & (index == 0 ? INGOT_READY_FIRST : INGOT_READY_SECOND) != 0 {
                let count = try read(pipes[index], into: buffer)
                if count == 0 { pipes[index] = -1 }
                try consume(index == 0, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private func timeout(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = max(.zero, ContinuousClock.now.duration(to: deadline))
        return Int32(left / .milliseconds(1)) + 1
    }

    private func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        let count = ingot_read(descriptor, start, UInt(buffer.count))
        guard count >= 0 else { throw SystemError("read output", Errno(rawValue: Int32(-count))) }
        return count
    }
}
