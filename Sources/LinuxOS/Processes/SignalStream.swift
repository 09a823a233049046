internal import CLinux
internal import Dispatch
internal import Glibc
internal import SystemPackage

/// SIGINT, SIGTERM and SIGHUP as an asynchronous sequence, so that a build can be cancelled and tidy up.
///
/// A signal that was ignored when the program started (nohup) stays ignored. One signal may come twice: to the whole
/// process group, and again passed on by the session's outer; the same number within `coalescing` counts once.
package struct SignalStream: Sendable {
    package static let ending = [SIGINT, SIGTERM, SIGHUP]

    /// The signals caught, by number.
    ///
    /// One stream at a time; they stay caught when it is dropped.
    package static func signals(
        _ numbers: [Int32] = ending, coalescing: Duration = .milliseconds(500)
    ) throws(SystemError) -> AsyncStream<Int32> {
        let pipe = try check(ingot_signals_open(), "catch signals")
        for number in numbers { try check(ingot_signals_catch(number), "catch signal \(number)") }
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        DispatchQueue(label: "ingot.signals").async {
            var recent: [Int32: ContinuousClock.Instant] = [:]
            var byte: UInt8 = 0
            while ingot_read(pipe, &byte, 1) == 1 {
                let last = recent.updateValue(.now, forKey: Int32(byte))
                if let last, last + coalescing > .now { continue }
                if case .terminated = continuation.yield(Int32(byte)) { return }
            }
        }
        return stream
    }

    /// Ends this process by the signal, as if it had never been caught: the shell then sees what it expects.
    package static func die(by number: Int32) -> Never {
        ingot_signals_die(number)
        exit(128 + number)
    }
}
