package import Foundation
import Synchronization

/// A web server on the loopback for one test; guests of QEMU's user network find it at 10.0.2.2.
///
/// It keeps every request whole, and answers each connection in a thread of its own, as the test says.
package final class WebServerDouble: Sendable {
    package struct Request: Sendable {
        package let head: String
        package let body: String
        /// Whether nobody has asked for the same by the same method before.
        package let isFirst: Bool

        /// `GET /a/b?c HTTP/1.1`.
        package var line: String { String(head.prefix { $0 != "\r\n" }) }
        package var method: String { String(line.prefix { $0 != " " }) }
        /// Without the query, and without percent signs.
        package var path: String {
            let words = line.split(separator: " ")
            guard words.count > 1 else { return "" }
            return String((words[1].removingPercentEncoding ?? String(words[1])).prefix { $0 != "?" })
        }
    }

    package struct Answer: Sendable {
        package var status = "200 OK"
        package var headers: [String] = []
        package var body = Data()

        package init(_ status: String = "200 OK", headers: [String] = [], body: Data = Data()) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        package static func json(_ text: String) -> Answer {
            Answer(headers: ["Content-Type: application/json"], body: Data(text.utf8))
        }
    }

    package let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    /// Without a slash at the end.
    package var url: String { "http://127.0.0.1:\(port)" }

    package var requests: [Request] { seen.withLock { $0 } }

    /// What was asked for so far, with the method: `GET /a/b`.
    package var asked: [String] { requests.map { "\($0.method) \($0.path)" } }

    /// Port 0 takes any that is free.
    ///
    /// Throws `POSIXError` when the port is taken.
    package init(port: UInt16 = 0, answer: @escaping @Sendable (Request) -> Answer) throws {
        (listener, self.port) = try Self.listen(on: port)
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread.detachNewThread { [self] in
                    serve(connection, answer)
                    close(connection)
                }
            }
            // Here, not in `stop`: its number must not become another's while this thread still uses it.
            close(listener)
        }
    }

    /// A port of the loopback that nobody listens on now.
    package static func freePort() throws -> Int {
        let (listener, port) = try listen(on: 0)
        close(listener)
        return Int(port)
    }

    /// Ends the thread that accepts.
    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// The first request that a test waits for, or nil when the seconds are up.
    package func request(within limit: TimeInterval, where matches: (Request) -> Bool) -> Request? {
        let end = Date(timeIntervalSinceNow: limit)
        while Date() < end {
            if let found = requests.first(where: matches) { return found }
            Thread.sleep(forTimeInterval: 1)
        }
        return nil
    }

    private static func listen(on port: UInt16) throws -> (descriptor: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var reuse: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port.bigEndian)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard isBound else {
            close(listener)
            throw POSIXError(.EADDRINUSE)
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private func serve(_ connection: Int32, _ answer: (Request) -> Answer) {
        // A guest may be stopped in the middle of its request.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !Self.isWhole(text) {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        let head = text.firstRange(of: "\r\n\r\n").map { text[..<$0.lowerBound] } ?? text[...]
        let body = text[head.endIndex...].dropFirst(2)
        let request = seen.withLock { all in
            let line = head.prefix { $0 != "\r\n" }
            let request = Request(
                head: String(head) + "\r\n", body: String(body), isFirst: !all.contains { $0.line == line })
            all.append(request)
            return request
        }
        let reply = answer(request)
        let headers = reply.headers + ["Content-Length: \(reply.body.count)", "Connection: close"]
        let start = (["HTTP/1.1 \(reply.status)"] + headers + ["", ""]).joined(separator: "\r\n")
        for part in [Data(start.utf8)] + (request.method == "HEAD" ? [] : [reply.body]) {
            Self.send(part, to: connection)
        }
    }

    /// Whether the head is there, and as much after it as it says.
    private static func isWhole(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let length = text[..<end.lowerBound].lowercased().firstMatch(of: /content-length: *([0-9]+)/)
        return text[end.upperBound...].utf8.count >= length.flatMap { Int($0.1) } ?? 0
    }

    private static func send(_ data: Data, to connection: Int32) {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.send(connection, piece.baseAddress, piece.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
