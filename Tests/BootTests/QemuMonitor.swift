import Foundation

/// QEMU's control socket (QMP, "QEMU Machine Protocol"): lines of JSON each way, events among the answers.
struct QemuMonitor: ~Copyable {
    private let descriptor: Int32

    /// Connects to the socket of `-qmp unix:PATH,server=on,wait=off`, and leaves its capability negotiation behind.
    init(_ path: String, answersWithin seconds: Int = 30) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
        try execute("qmp_capabilities")
    }

    deinit { close(descriptor) }

    /// Runs a command without arguments, and gives all lines up to its answer.
    @discardableResult
    func execute(_ command: String) throws -> String {
        let text = Array("{\"execute\": \"\(command)\"}\n".utf8)
        guard send(descriptor, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else { throw POSIXError(.EPIPE) }
        return try lines(until: "\"return\"")
    }

    /// All lines up to one that contains `mark`, or to the end of the connection.
    func lines(until mark: String) throws -> String {
        var text = ""
        var byte: UInt8 = 0
        var line: [UInt8] = []
        while true {
            let count = recv(descriptor, &byte, 1, 0)
            guard count >= 0 else { throw POSIXError(.ETIMEDOUT) }
            guard count > 0 else { return text }
            line.append(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            text += String(decoding: line, as: UTF8.self)
            if String(decoding: line, as: UTF8.self).contains(mark) { return text }
            line = []
        }
    }
}
