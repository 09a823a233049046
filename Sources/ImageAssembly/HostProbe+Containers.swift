import Basics
import Foundation
import Glibc

extension HostProbe {
    /// The program that can import images here: `docker` if its daemon answers, else `podman`, which needs none.
    ///
    /// Where the daemon is elsewhere (another host, a context), it is taken to answer.
    func containerEngine() -> String? {
        let found = tools(["docker", "podman"])
        if found["docker"] != nil, answersDocker { return "docker" }
        return found["podman"] == nil ? nil : "podman"
    }

    private var answersDocker: Bool {
        if environment.nonEmpty("DOCKER_CONTEXT") != nil { return true }
        let host = environment.nonEmpty("DOCKER_HOST") ?? "unix:///var/run/docker.sock"
        guard host.hasPrefix("unix://") else { return true }
        let configuration = (environment["HOME"] ?? "/root") + "/.docker/config.json"
        if environment.nonEmpty("DOCKER_HOST") == nil, let text = FileManager.default.contents(atPath: configuration),
            String(decoding: text, as: UTF8.self).contains("\"currentContext\"")
        {
            return true
        }
        return Self.accepts(String(host.dropFirst("unix://".count)))
    }

    /// Whether somebody listens on a Unix socket.
    private static func accepts(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
    }
}
