import Glibc
import SystemPackage

/// Writes a stream into a socket that another process reads; a reader that has gone is an error, not a signal.
final class SocketSink: ByteSink {
    private let socket: Int32
    private let name: String

    /// The socket stays the caller's: a stream that broke off must not look to its reader like one that ended.
    init(_ socket: Int32, name: String) { (self.socket, self.name) = (socket, name) }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw TreeFormatError.system("write to", FilePath(name), Errno(rawValue: errno)) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// The reader sees the end.
    func finish() throws {
        guard shutdown(socket, Int32(SHUT_WR)) == 0 else {
            throw TreeFormatError.system("write to", FilePath(name), Errno(rawValue: errno))
        }
    }
}
