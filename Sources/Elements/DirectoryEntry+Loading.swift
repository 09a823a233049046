import Glibc
package import SystemPackage

extension DirectoryEntry {
    /// The entries of a directory, in byte order of their names; `.` and `..` left out.
    package static func entries(of directory: FilePath) throws(ElementError) -> [DirectoryEntry] {
        do throws(Errno) {
            var entries: [DirectoryEntry] = []
            for name in try names(in: directory).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                if let entry = try entry(name, in: directory) { entries.append(entry) }
            }
            return entries
        } catch {
            throw .cannotRead(directory, error)
        }
    }

    private static func names(in directory: FilePath) throws(Errno) -> [String] {
        guard let stream = directory.withPlatformString({ opendir($0) }) else { throw Errno(rawValue: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Nothing for a name that vanished since it was listed.
    private static func entry(_ name: String, in directory: FilePath) throws(Errno) -> DirectoryEntry? {
        let path = directory.appending(name)
        let own: Stat
        do throws(Errno) {
            own = try path.stat(followTargetSymlink: false)
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return nil
        }
        let isExecutable = path.withPlatformString { access($0, X_OK) == 0 }
        guard own.type == .symbolicLink else {
            return DirectoryEntry(name: name, kind: kind(of: own.type), isExecutable: isExecutable)
        }
        return DirectoryEntry(
            name: name, kind: kind(behindLink: path), isExecutable: isExecutable, linkTarget: linkTarget(of: path))
    }

    private static func kind(of type: FileType) -> Kind {
        switch type {
        case .regular: .file
        case .directory: .directory
        default: .other
        }
    }

    private static func kind(behindLink path: FilePath) -> Kind {
        guard let target = try? path.stat() else { return .danglingLink }
        return switch target.type {
        case .regular: .linkToFile
        case .directory: .linkToDirectory
        default: .other
        }
    }

    private static func linkTarget(of path: FilePath) -> FilePath? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let length = path.withPlatformString { readlink($0, base, Int(PATH_MAX)) }
            guard length >= 0 else { return nil }
            base[length] = 0
            return FilePath(platformString: base)
        }
    }
}
