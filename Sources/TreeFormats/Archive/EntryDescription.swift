import CArchive
import Glibc

/// Fills libarchive's description of an entry from ours.
struct EntryDescription {
    let entry: OpaquePointer
    let functions: ingot_archive

    mutating func fill(path: [UInt8], _ source: TreeEntry) {
        let status = source.status
        withCString(path) { functions.archive_entry_copy_pathname(entry, $0) }
        functions.archive_entry_set_mode(entry, status.st_mode)
        functions.archive_entry_set_uid(entry, Int64(status.st_uid))
        functions.archive_entry_set_gid(entry, Int64(status.st_gid))
        functions.archive_entry_set_mtime(entry, status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        if source.kind == .characterDevice || source.kind == .blockDevice {
            functions.archive_entry_set_rdev(entry, status.st_rdev)
        }
        functions.archive_entry_set_size(entry, source.kind == .file ? Int64(status.st_size) : 0)
    }

    mutating func setLinkTarget(_ target: [UInt8]) {
        withCString(target) { functions.archive_entry_copy_symlink(entry, $0) }
        functions.archive_entry_set_size(entry, Int64(target.count))
    }

    /// tar: another name of a file that is in the archive already.
    mutating func setHardLink(_ path: [UInt8]) {
        withCString(path) { functions.archive_entry_copy_hardlink(entry, $0) }
        functions.archive_entry_set_size(entry, 0)
    }

    /// cpio: files of one number are one file; the first of them has the contents.
    mutating func setLinks(_ source: TreeEntry, hasContents: Bool) {
        // libarchive counts anew from 1, so the numbers of the host do not go in; two file systems must not meet.
        let number = Int64(bitPattern: UInt64(source.status.st_ino) ^ (UInt64(source.status.st_dev) << 40))
        functions.archive_entry_set_ino64(entry, number)
        functions.archive_entry_set_nlink(entry, source.kind == .directory ? 2 : UInt32(source.status.st_nlink))
        if !hasContents { functions.archive_entry_set_size(entry, 0) }
    }

    /// A part of a sparse file that has data; where none is named, all of it is data.
    mutating func addData(_ range: Range<Int64>) {
        functions.archive_entry_sparse_add_entry(entry, range.lowerBound, range.upperBound - range.lowerBound)
    }

    /// Extended attributes and access control lists.
    mutating func addAttributes(_ source: TreeEntry) throws {
        for attribute in try source.attributes() {
            switch attribute.name {
            case AccessControlList.accessAttribute:
                try add(attribute, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, source)
            case AccessControlList.defaultAttribute:
                try add(attribute, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, source)
            default:
                attribute.value.withUnsafeBytes {
                    functions.archive_entry_xattr_add_entry(entry, attribute.name, $0.baseAddress, $0.count)
                }
            }
        }
    }

    private mutating func add(_ attribute: FileTree.Attribute, _ type: Int32, _ source: TreeEntry) throws {
        guard let list = AccessControlList(attribute.value) else {
            throw TreeFormatError(
                .unsupported, "archive '\(source.name)'", "'\(attribute.name)' is no access control list")
        }
        for item in list.entries {
            let (tag, identifier) = Self.tag(item)
            _ = functions.archive_entry_acl_add_entry(entry, type, Int32(item.permissions), tag, identifier, nil)
        }
    }

    private static func tag(_ item: AccessControlList.Entry) -> (Int32, Int32) {
        switch item.tag {
        case .owner: (ARCHIVE_ENTRY_ACL_USER_OBJ, -1)
        case .user: (ARCHIVE_ENTRY_ACL_USER, Int32(bitPattern: item.identifier))
        case .owningGroup: (ARCHIVE_ENTRY_ACL_GROUP_OBJ, -1)
        case .group: (ARCHIVE_ENTRY_ACL_GROUP, Int32(bitPattern: item.identifier))
        case .mask: (ARCHIVE_ENTRY_ACL_MASK, -1)
        case .other: (ARCHIVE_ENTRY_ACL_OTHER, -1)
        }
    }

    private func withCString(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Void) {
        (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
    }
}
