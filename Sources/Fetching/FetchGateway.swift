import Foundation
import Synchronization
import SystemPackage

/// The way of a build to the network: an HTTP proxy on the loopback that gives what `FetchDesk` decides.
///
/// apt, curl, dnf and apk use it because `http_proxy` says so. An address of https would go through a tunnel that
/// nobody can look into; our own elements ask for those by `GET /https/HOST/PATH`, and for git repositories by
/// `GET /git?location=…&reference=…`. Requests are answered one after another on each connection, in threads.
package final class FetchGateway: Sendable {
    package let desk: FetchDesk
    package let port: UInt16
    /// Who has it may ask: other users of this machine reach the loopback, too.
    private let password: String
    private let listener: Int32
    private let connections = Mutex<Set<Int32>>([])

    /// The value of `http_proxy`.
    package var url: String { "http://\(Self.user):\(password)@127.0.0.1:\(port)" }
    private static let user = "build"

    package init(_ desk: FetchDesk) throws {
        let attempt = "listen on the loopback for a build's requests"
        // A fresh network namespace has a loopback that is down.
        guard let (listener, port) = Self.listen() ?? (Self.raiseLoopback() ? Self.listen() : nil) else {
            throw FetchError(
                attempt, String(cString: strerror(errno)), hint: "in a network namespace: ip link set lo up")
        }
        self.desk = desk
        password = (0..<4).map { _ in String(UInt32.random(in: 0 ... .max), radix: 36) }.joined()
        let credentials = Data("\(Self.user):\(password)".utf8).base64EncodedString()
        let own = "http://127.0.0.1:\(port)"
        self.listener = listener
        self.port = port
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 {
                    // A signal, a client that has gone, too many open files: none of them is the end of the build's network.
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    guard errno == EMFILE || errno == ENFILE else { break }
                    usleep(100_000)
                    continue
                }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                _ = connections.withLock { $0.insert(connection) }
                Thread.detachNewThread { [self] in
                    FetchConnection(socket: connection, desk: desk, own: own, credentials: credentials).serve()
                    connections.withLock {
                        _ = $0.remove(connection)
                        _ = close(connection)
                    }
                }
            }
            // Here, not in `stop`: its number must not become another's while this thread still uses it.
            close(listener)
        }
    }

    /// Takes no further connections, and ends those that are open.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private static func listen() -> (Int32, UInt16)? {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard isBound, isReachable(address) else {
            close(listener)
            return nil
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// Binding works on an interface that is down; connecting does not.
    private static func isReachable(_ address: sockaddr_in) -> Bool {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// What `ip link set lo up` does; a namespace of one's own is the only place where it is down.
    ///
    /// Not by a program: Foundation cannot start one as long as there is no loopback (its wake-up socket is there).
    private static func raiseLoopback() -> Bool {
        let probe = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        // struct ifreq: 16 bytes of name, then a union that begins with the flags (netdevice(7)).
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<2, with: Array("lo".utf8))
        let (getFlags, setFlags): (UInt, UInt) = (0x8913, 0x8914)
        return request.withUnsafeMutableBytes { bytes in
            guard let address = bytes.baseAddress, ioctl(probe, getFlags, address) == 0 else { return false }
            bytes[16] |= UInt8(IFF_UP)
            return ioctl(probe, setFlags, address) == 0
        }
    }
}
