import Glibc
package import SystemPackage

extension FATItem {
    /// What a directory holds, in the order of names, so that equal trees give equal filesystems.
    ///
    /// Refuses what the kernel's driver would: links, devices, names and sizes that FAT has no room for, names that differ
    /// in case alone. Owners and modes are dropped as that driver drops them, but for "read-only"; two names of one file
    /// become two files; what is mounted below is left out.
    package static func scan(_ directory: FilePath) throws(DiskFormatError) -> [FATItem] {
        var scan = FATScan(root: directory)
        let items = try scan.items(of: directory, inside: "", device: nil)
        guard let first = scan.objections.first else { return items }
        let others = scan.objections.count - 1
        throw DiskFormatError(
            .invalidRequest, "put '\(directory)' onto a FAT filesystem",
            first + (others == 0 ? "" : " (and \(others) more such name\(others == 1 ? "" : "s"))"))
    }
}

/// One walk over a tree, with everything that FAT cannot hold.
private struct FATScan {
    let root: FilePath
    private(set) var objections: [String] = []

    init(root: FilePath) { self.root = root }

    mutating func items(of directory: FilePath, inside prefix: String, device: dev_t?) throws(DiskFormatError)
        -> [FATItem]
    {
        let own = try status(of: directory)
        // A mount point: what is mounted there is not this filesystem's.
        if let device, own.st_dev != device { return [] }
        var items: [FATItem] = []
        var folded: [String: String] = [:]
        for name in try names(in: directory) {
            let inside = prefix.isEmpty ? name : "\(prefix)/\(name)"
            if let objection = FATName.objection(to: name) { objections.append("'\(inside)': \(objection)") }
            if let other = folded.updateValue(name, forKey: FATName(name).folded) {
                objections.append("'\(inside)' and '\(other)' differ in nothing but case")
            }
            if let item = try item(name, at: directory.appending(name), inside: inside, device: own.st_dev) {
                items.append(item)
            }
        }
        return items
    }

    private mutating func item(
        _ name: String, at path: FilePath, inside: String, device: dev_t
    ) throws(DiskFormatError) -> FATItem? {
        let status = try status(of: path)
        let content: FATItem.Content
        switch status.st_mode & S_IFMT {
        case S_IFDIR: content = .directory(try items(of: path, inside: inside, device: device))
        case S_IFREG:
            if status.st_size > Int64(UInt32.max) {
                objections.append("'\(inside)' is larger than 4 GiB less one byte")
            }
            content = .file(path, size: UInt64(status.st_size))
        case S_IFLNK:
            objections.append("'\(inside)' is a symbolic link")
            return nil
        default:
            objections.append("'\(inside)' is neither a file nor a directory")
            return nil
        }
        return FATItem(
            name: name, modified: Int64(status.st_mtim.tv_sec),
            isReadOnly: status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o222 == 0, content: content)
    }

    private func names(in directory: FilePath) throws(DiskFormatError) -> [String] {
        guard let stream = opendir(directory.string) else {
            throw DiskFormatError.system("list", directory, Errno(rawValue: errno))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func status(of path: FilePath) throws(DiskFormatError) -> stat {
        var status = stat()
        guard lstat(path.string, &status) == 0 else {
            throw DiskFormatError.system("stat", path, Errno(rawValue: errno))
        }
        return status
    }
}
