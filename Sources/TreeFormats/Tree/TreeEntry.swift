import Glibc
import SystemPackage

/// A file, directory, link or node of a tree, as its directory shows it.
struct TreeEntry {
    enum Kind {
        case file
        case directory
        case symbolicLink
        case characterDevice
        case blockDevice
        case fifo
        case socket
    }

    /// The bytes of its path below the tree's root, without a slash in front; empty for the root itself.
    ///
    /// Names on Linux are bytes, not text.
    let path: [UInt8]
    let status: stat
    /// Where it can be reached, however deep it is: through the descriptor of its directory.
    let access: FilePath

    var kind: Kind? {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        case S_IFIFO: .fifo
        case S_IFSOCK: .socket
        default: nil
        }
    }

    /// For messages.
    var name: String { "./" + String(decoding: path, as: UTF8.self) }

    func failure(_ verb: String) -> TreeFormatError {
        .system(verb, FilePath(name), Errno(rawValue: errno))
    }

    /// What a symbolic link points to, as bytes.
    func linkTarget() throws -> [UInt8] {
        var capacity = max(256, Int(status.st_size) + 1)
        while true {
            var buffer = [CChar](repeating: 0, count: capacity)
            let count = access.withPlatformString { readlink($0, &buffer, capacity) }
            guard count >= 0 else { throw failure("read link") }
            // A full buffer may have cut it off.
            if count < capacity { return buffer[..<count].map { UInt8(bitPattern: $0) } }
            capacity *= 2
        }
    }
}
