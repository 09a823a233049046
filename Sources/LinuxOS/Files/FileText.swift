internal import Glibc
internal import SystemPackage

/// Small reads of files and folders that the kernel makes up as they are read: their size is not known beforehand.
enum FileText {
    static func bytes(of path: FilePath) throws(SystemError) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var result: [UInt8] = []
                let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
                defer { chunk.deallocate() }
                while case let count = try file.read(into: chunk), count > 0 {
                    result.append(contentsOf: chunk[..<count])
                }
                return result
            }
        } catch {
            throw SystemError("read '\(path)'", error as? Errno ?? .ioError)
        }
    }

    static func string(of path: FilePath) throws(SystemError) -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    /// Where a symbolic link points; nil if there is none.
    static func target(ofLink path: FilePath) -> FilePath? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let length = path.withPlatformString { readlink($0, start, 4096) }
            guard length > 0 else { return nil }
            start[length] = 0
            return FilePath(platformString: start)
        }
    }

    /// The names in a folder, `.` and `..` left out, in no order.
    ///
    /// Names with another prefix are not even made a `Component`: a crowded /tmp has thousands of them.
    static func entries(of path: FilePath, prefix: String = "") throws(SystemError) -> [FilePath.Component] {
        guard let stream = path.withPlatformString({ opendir($0) }) else {
            throw SystemError("list '\(path)'", Errno(rawValue: errno))
        }
        defer { closedir(stream) }
        var names: [FilePath.Component] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    strncmp($0, prefix, prefix.utf8.count) == 0 ? FilePath.Component(platformString: $0) : nil
                }
            }
            if let name, name.kind == .regular { names.append(name) }
        }
        return names
    }
}
