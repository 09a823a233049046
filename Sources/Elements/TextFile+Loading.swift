import Glibc
import SystemPackage

/// Reads whole text files for the pure parsers of this target.
enum TextFile {
    /// The text of a file; nothing when there is no such file.
    static func text(of path: FilePath) throws(ElementError) -> String? {
        do throws(Errno) {
            return try contents(of: path)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw .cannotRead(path, error)
        }
    }

    /// The path with every link resolved; nothing when there is no such file.
    static func realPath(of path: FilePath) throws(ElementError) -> FilePath? {
        guard let resolved = path.withPlatformString({ realpath($0, nil) }) else {
            if errno == ENOENT { return nil }
            throw .cannotRead(path, Errno(rawValue: errno))
        }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }

    private static func contents(of path: FilePath) throws(Errno) -> String {
        let descriptor = try open(path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Errno(rawValue: errno) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func open(_ path: FilePath) throws(Errno) -> CInt {
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return descriptor
    }
}
