import Foundation
import SystemPackage

/// One client of the gateway: requests in, files out, until it has no more.
struct FetchConnection {
    private static let largestHead = 64 << 10

    let socket: Int32
    let desk: FetchDesk
    /// The gateway's own address: tools ask it for paths as they ask a proxy for anything.
    let own: String
    /// Of basic authentication (RFC 7617), as proxies or as servers are shown them.
    let credentials: String

    func serve() {
        var buffer: [UInt8] = []
        while let head = readHead(&buffer) {
            let words = head.prefix { $0 != "\r\n" }.split(separator: " ").map(String.init)
            guard words.count == 3 else { return respond("400 Bad Request", "no request") }
            let (method, target) = (words[0], words[1])
            guard head.contains("uthorization: Basic \(credentials)\r\n") else {
                let realm = "Proxy-Authenticate: Basic realm=\"build\"\r\n"
                respond("407 Proxy Authentication Required", "only for the build", realm, hasBody: method != "HEAD")
                continue
            }
            if method == "CONNECT" { return tunnel(target) }
            guard method == "GET" || method == "HEAD" else {
                return respond("501 Not Implemented", "'\(method)' cannot be locked")
            }
            guard let answer = answer(target) else { return respond("400 Bad Request", "no address: '\(target)'") }
            guard give(answer, hasBody: method == "GET") else { return }
            if head.lowercased().contains("\r\nconnection: close\r\n") { return }
        }
    }

    /// The next request up to its empty line; what has come of those after it stays in the buffer.
    private func readHead(_ buffer: inout [UInt8]) -> String? {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            if let end = buffer.firstRange(of: [13, 10, 13, 10]) {
                defer { buffer.removeSubrange(..<end.upperBound) }
                return String(decoding: buffer[..<end.upperBound], as: UTF8.self)
            }
            guard buffer.count < Self.largestHead else { return nil }
            let count = read(socket, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }

    /// A proxy is asked for whole addresses; a path is a question of our own elements.
    private func answer(_ asked: String) -> FetchDesk.Answer? {
        let target = asked.hasPrefix(own + "/") ? String(asked.dropFirst(own.count)) : asked
        if target.hasPrefix("http://") || target.hasPrefix("https://") { return desk.answer(target) }
        for scheme in ["http", "https"] where target.hasPrefix("/\(scheme)/") {
            return desk.answer("\(scheme)://" + target.dropFirst(scheme.count + 2))
        }
        guard let query = URLComponents(string: target), query.path == "/git" else { return nil }
        func value(_ name: String) -> String? { query.queryItems?.first { $0.name == name }?.value }
        guard let location = value("location"), !location.isEmpty, !location.hasPrefix("-") else { return nil }
        let reference = value("reference") ?? ""
        return reference.hasPrefix("-") ? nil : desk.git(location, reference)
    }

    /// False once the connection is of no more use.
    private func give(_ answer: FetchDesk.Answer, hasBody: Bool) -> Bool {
        switch answer {
        case .file(let path, let modified): return send(path, modified: modified, hasBody: hasBody)
        case .absent(let status): respond("\(status) Not Found", "there is no such file", hasBody: hasBody)
        // Tools show the words of the status line, and little else.
        case .refused(let reason): respond("403 refused: \(reason)", reason, hasBody: hasBody)
        case .failed(let reason): respond("502 failed: \(reason)", reason, hasBody: hasBody)
        }
        return true
    }

    private func respond(_ status: String, _ text: String, _ headers: String = "", hasBody: Bool = true) {
        let line = String(status.map { $0.isNewline ? " " : $0 })
        let body = text + "\n"
        let type = "Content-Type: text/plain\r\nContent-Length: \(body.utf8.count)"
        let head = "HTTP/1.1 \(line)\r\n\(headers)\(type)\r\n\r\n"
        _ = write(Array((head + (hasBody ? body : "")).utf8))
    }

    private func send(_ path: FilePath, modified: UInt64?, hasBody: Bool) -> Bool {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return false }
        defer { try? file.close() }
        guard let size = try? file.stat().size else { return false }
        let date = modified.map { "Last-Modified: \(Self.date($0))\r\n" } ?? ""
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\(date)Content-Length: \(size)\r\n\r\n"
        guard write(Array(head.utf8)) else { return false }
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while hasBody, let count = try? chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
            guard write(Array(chunk[..<count])) else { return false }
        }
        return true
    }

    /// `Mon, 06 May 2024 07:08:09 GMT` (RFC 9110, 5.6.7).
    private static func date(_ seconds: UInt64) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
    }

    private func write(_ bytes: [UInt8]) -> Bool { Self.writeAll(bytes, to: socket) }

    fileprivate static func writeAll(_ bytes: [UInt8], to socket: Int32) -> Bool {
        bytes.withUnsafeBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.send(socket, piece.baseAddress, piece.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}

extension FetchConnection {
    /// `CONNECT host:port`: bytes both ways, unread.
    private func tunnel(_ target: String) {
        guard desk.allowsTunnel(to: target) else {
            return respond(
                "403 refused: the lock cannot hold a tunnel to \(target)", "encrypted connections are refused")
        }
        let parts = target.split(separator: ":").map(String.init)
        guard parts.count == 2, let far = Self.connect(parts[0], parts[1]) else {
            return respond("502 failed: cannot reach \(target)", "cannot reach \(target)")
        }
        defer { close(far) }
        guard write(Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)) else { return }
        var ends = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0), pollfd(fd: far, events: Int16(POLLIN), revents: 0),
        ]
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while poll(&ends, 2, 600_000) > 0 {
            for (index, end) in ends.enumerated() where end.revents != 0 {
                let count = read(end.fd, &chunk, chunk.count)
                guard count > 0, Self.writeAll(Array(chunk[..<count]), to: ends[1 - index].fd) else { return }
            }
        }
    }

    private static func connect(_ host: String, _ port: String) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var next = found
        while let address = next?.pointee {
            let far = Glibc.socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            if far >= 0, Glibc.connect(far, address.ai_addr, address.ai_addrlen) == 0 { return far }
            if far >= 0 { close(far) }
            next = address.ai_next
        }
        return nil
    }
}
