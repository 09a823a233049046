import CArchive
import Glibc
import SystemPackage

extension TreeEntry {
    /// All of them, by name; file systems that know none have none.
    func attributes() throws -> [FileTree.Attribute] {
        let list = try sized("list attributes of") { buffer, size in
            access.withPlatformString { llistxattr($0, buffer, size) }
        }
        let names = list.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0 != RecordedNode.attribute }
        return try names.sorted().map { name in
            let value = try sized("read attribute '\(name)' of") { buffer, size in
                access.withPlatformString { lgetxattr($0, name, buffer, size) }
            }
            return FileTree.Attribute(name, value)
        }
    }

    /// The note on a file that stands for a device; nothing if there is none.
    static func note(at path: FilePath) -> String? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = path.withPlatformString { lgetxattr($0, RecordedNode.attribute, &bytes, bytes.count) }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// Asks for the size, then for the bytes, again if they have grown in between.
    private func sized(_ verb: String, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws -> [UInt8] {
        while true {
            let size = call(nil, 0)
            if size == 0 { return [] }
            guard size > 0 else {
                if errno == ENOTSUP { return [] }
                throw failure(verb)
            }
            var bytes = [UInt8](repeating: 0, count: size)
            let count = bytes.withUnsafeMutableBytes { call($0.bindMemory(to: CChar.self).baseAddress, size) }
            if count >= 0 { return Array(bytes[..<count]) }
            guard errno == ERANGE else { throw failure(verb) }
        }
    }
}
