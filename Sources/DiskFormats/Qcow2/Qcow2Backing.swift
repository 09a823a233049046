package import SystemPackage

/// What an image names as the file below it: every cluster that the image does not have is read from there.
package struct Qcow2Backing: Sendable, Hashable {
    /// Type of the header extension that names the backing file's format.
    static let formatExtension: UInt32 = 0xE279_2ACA
    /// Source: qcow2 specification, "backing_file_size": at most 1023 bytes.
    static let longestName = 1023

    /// A path; a relative one starts at the image's own folder.
    package let name: String
    /// qemu-img's word for its format; nil if the image leaves that to a guess.
    package let format: String?

    package init(name: String, format: String?) {
        self.name = name
        self.format = format
    }
}

extension Qcow2Backing {
    /// Reads the name and the header extensions, all of which must lie in the first cluster; nil if there is no backing file.
    package init?(of file: ImageFile, header: Qcow2Header) throws {
        guard header.hasBackingFile else { return nil }
        let clusterSize = Int(header.clusterSize)
        guard header.backingFileLength <= Self.longestName,
            header.backingFileOffset <= UInt64(clusterSize) - UInt64(header.backingFileLength).clamped(to: clusterSize)
        else { throw Qcow2Reader.malformed(file, "the name of its backing file lies outside its first cluster") }
        var bytes = [UInt8](repeating: 0, count: clusterSize)
        let available = try bytes.withUnsafeMutableBytes { try file.readAvailable(at: 0, into: $0) }
        let start = Int(header.backingFileOffset)
        let end = start + Int(header.backingFileLength)
        guard end <= available, let name = String(validating: bytes[start..<end], as: UTF8.self), !name.isEmpty,
            !name.contains("\0")
        else { throw Qcow2Reader.malformed(file, "the name of its backing file is no text") }
        let extensions = Array(bytes[Int(header.headerLength)..<min(max(start, Int(header.headerLength)), available)])
        self.init(name: name, format: Self.format(in: extensions))
    }

    /// Walks the extensions: type, length, data padded to 8 bytes; type 0 ends the list.
    private static func format(in bytes: [UInt8]) -> String? {
        var position = 0
        while position + 8 <= bytes.count {
            var reader = BigEndianReader(Array(bytes[position..<(position + 8)]))
            let type: UInt32 = reader.next()
            let length = Int(reader.next(UInt32.self))
            position += 8
            guard type != 0, length <= bytes.count - position else { return nil }
            if type == formatExtension {
                return String(validating: bytes[position..<(position + length)], as: UTF8.self)
            }
            position += (length + 7) / 8 * 8
        }
        return nil
    }

    /// Opens the file, and what is below it in turn; a chain longer than `depth` is refused, which ends loops too.
    ///
    /// The format is never guessed: a guest that writes a qcow2 header to its raw disk could make us read any file.
    package func open(from folder: FilePath, depth: Int = 8) throws -> any GuestImage {
        let path = folder.pushing(FilePath(name))
        func refusal(_ reason: String) -> DiskFormatError { DiskFormatError(.unsupported, "read '\(path)'", reason) }
        guard depth > 0 else { throw refusal("its chain of backing files is too long") }
        guard let format else { throw refusal("the image above it does not say its format") }
        switch DiskImageFormat(name: format) {
        case .qcow2: return try Qcow2Reader(path, backing: .allowed(depth: depth - 1))
        case .some(let other): return try DiskImage(path, format: other).contents
        case .none: throw refusal("backing files of format '\(format)' are not read here")
        }
    }
}

extension UInt64 {
    fileprivate func clamped(to limit: Int) -> UInt64 { Swift.min(self, UInt64(limit)) }
}
