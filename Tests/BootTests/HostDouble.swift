import Foundation
import Synchronization

/// A web server on the loopback of this host, which guests of QEMU's user network find at 10.0.2.2.
///
/// It keeps every request whole, and answers as told by the request's first line.
final class HostDouble: Sendable {
    struct Request: Sendable {
        let line: String
        let body: String
    }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    var requests: [Request] { seen.withLock { $0 } }

    /// Port 0 takes any that is free.
    init(port: UInt16 = 0, answer: @escaping @Sendable (_ line: String) -> String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var reuse: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port.bigEndian)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        self.port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                serve(connection, answer)
                close(connection)
            }
        }
    }

    /// Ends the thread that accepts.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The first request that a test waits for, or nil when the time is up.
    func request(within limit: TimeInterval, where matches: (Request) -> Bool) -> Request? {
        let end = Date(timeIntervalSinceNow: limit)
        while Date() < end {
            if let found = requests.first(where: matches) { return found }
            Thread.sleep(forTimeInterval: 1)
        }
        return nil
    }

    private func serve(_ connection: Int32, _ answer: (String) -> String) {
        // A guest that is stopped in the middle must not hold up the next.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !Self.isWhole(text) {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        let line = String(text.prefix { $0 != "\r\n" })
        let body = text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
        seen.withLock { $0.append(Request(line: line, body: body)) }
        let json = answer(line)
        let reply =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"
        _ = send(connection, Array(reply.utf8), reply.utf8.count, Int32(MSG_NOSIGNAL))
    }

    /// Whether the head is there, and as much after it as it says.
    private static func isWhole(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let length = text[..<end.lowerBound].lowercased().firstMatch(of: /content-length: *([0-9]+)/)
        return text[end.upperBound...].utf8.count >= length.flatMap { Int($0.1) } ?? 0
    }
}
