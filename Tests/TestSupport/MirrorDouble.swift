import Foundation
import Synchronization
package import SystemPackage

/// A mirror on the loopback for tests of downloads: the files of a directory, pages that list directories, dates.
///
/// Answers GET and HEAD, `If-Modified-Since` and 404 as web servers do, each connection in a thread of its own. A file
/// `NAME.first` is what the first request for `NAME` gets: a mirror that is not in step yet.
package final class MirrorDouble: Sendable {
    package let root: FilePath
    package let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    /// Without a slash at the end.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// Paths that were asked for so far, with the method: `GET /a/b`.
    package var requests: [String] { seen.withLock { $0 } }

    package init(_ root: FilePath) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.root = root
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread.detachNewThread { [self] in
                    serve(connection)
                    close(connection)
                }
            }
        }
    }

    /// Ends the thread that accepts.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ connection: Int32) {
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            request += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        let words = request.prefix { $0 != "\r\n" }.split(separator: " ").map(String.init)
        guard words.count == 3 else { return }
        let path = (words[1].removingPercentEncoding ?? words[1]).prefix { $0 != "?" }
        let isFirst = seen.withLock { all in
            defer { all.append("\(words[0]) \(path)") }
            return !all.contains("\(words[0]) \(path)")
        }
        for part in answer(String(path), request, isFirst: isFirst, hasBody: words[0] == "GET") {
            send(part, to: connection)
        }
    }

    private func send(_ data: Data, to connection: Int32) {
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

    private func answer(_ path: String, _ request: String, isFirst: Bool, hasBody: Bool) -> [Data] {
        let manager = FileManager.default
        var file = root.string + path
        if isFirst, manager.fileExists(atPath: file + ".first") { file += ".first" }
        var isDirectory: ObjCBool = false
        guard !path.contains("/../"), manager.fileExists(atPath: file, isDirectory: &isDirectory) else {
            return Self.response("404 Not Found", Data("no such page".utf8), hasBody: hasBody)
        }
        if isDirectory.boolValue {
            let names = ((try? manager.contentsOfDirectory(atPath: file)) ?? []).sorted()
            let rows = names.map { "<a href=\"\($0)\">\($0.prefix(20))</a> <br>\n" }.joined()
            return Self.response("200 OK", Data("<html><body>\n\(rows)</body></html>\n".utf8), hasBody: hasBody)
        }
        let date = (try? manager.attributesOfItem(atPath: file)[.modificationDate]) as? Date ?? .distantPast
        let text = Self.text(of: date)
        if request.contains("If-Modified-Since: \(text)\r\n") {
            return Self.response("304 Not Modified", Data(), date: text, hasBody: hasBody)
        }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .alwaysMapped) else {
            return Self.response("403 Forbidden", Data(), hasBody: hasBody)
        }
        return Self.response("200 OK", data, date: text, hasBody: hasBody)
    }

    private static func response(_ status: String, _ body: Data, date: String? = nil, hasBody: Bool) -> [Data] {
        let modified = date.map { "Last-Modified: \($0)\r\n" } ?? ""
        let head = "HTTP/1.1 \(status)\r\n\(modified)Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        return [Data(head.utf8)] + (hasBody ? [body] : [])
    }

    /// `Mon, 06 May 2024 07:08:09 GMT` (RFC 9110, 5.6.7).
    private static func text(of date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }
}
