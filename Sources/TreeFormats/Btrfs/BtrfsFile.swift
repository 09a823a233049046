import SystemPackage

/// A file of the tree, read to be stored.
struct BtrfsFile {
    private let path: FilePath

    init(_ path: FilePath) { self.path = path }

    /// For as long as `body` runs.
    func opened(_ body: (FileDescriptor) throws -> Void) throws {
        let file: FileDescriptor
        do { file = try .open(path, .readOnly, options: [.closeOnExec, .noFollow]) } catch {
            throw TreeFormatError.system("open", path, error)
        }
        defer { try? file.close() }
        try body(file)
    }

    /// Its first `count` bytes; zeros for what is missing, as behind the end of any file.
    func whole(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try opened { file in
            var done = 0
            while done < count {
                let got = try bytes.withUnsafeMutableBytes {
                    try file.read(fromAbsoluteOffset: Int64(done), into: .init(rebasing: $0[done...]))
                }
                if got == 0 { break }
                done += got
            }
        }
        return bytes
    }
}

/// The attributes that a btrfs stores under their names; access control lists as the kernel gives them.
enum BtrfsAttributes {
    private static let prefixes = ["user.", "trusted.", "security."]

    static func isKnown(_ name: String) -> Bool {
        prefixes.contains { name.hasPrefix($0) } || name == AccessControlList.accessAttribute
            || name == AccessControlList.defaultAttribute
    }
}
