/// Takes a stream of bytes, in order, from one thread.
package protocol ByteSink: AnyObject {
    /// The bytes are valid during the call only.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// No more bytes follow: everything is handed on, and nothing is held back.
    func finish() throws
}

/// Hands one stream to several sinks, one after another.
final class TeeSink: ByteSink {
    private let sinks: [any ByteSink]
    private let check: () throws -> Void

    /// `check` throws where the work is to stop.
    init(_ sinks: [any ByteSink], check: @escaping () throws -> Void = {}) {
        self.sinks = sinks
        self.check = check
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try check()
        for sink in sinks { try sink.write(bytes) }
    }

    func finish() throws {
        for sink in sinks { try sink.finish() }
    }
}
