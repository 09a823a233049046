package import SystemPackage

/// The formats of disk images that this program reads and writes itself.
package enum DiskImageFormat: String, Sendable, CaseIterable {
    case qcow2
    case raw

    /// The format that a file's first bytes tell; whatever has no magic of its own is raw.
    package init(of file: ImageFile) throws {
        var bytes = [UInt8](repeating: 0, count: 4)
        let count = try bytes.withUnsafeMutableBytes { try file.readAvailable(at: 0, into: $0) }
        self = Qcow2Header.isQcow2(Array(bytes[..<count])) ? .qcow2 : .raw
    }
}

/// A disk image opened for reading, in whatever format it is.
package struct DiskImage: Sendable {
    package let format: DiskImageFormat
    package let contents: any GuestImage
    package let file: ImageFile

    /// The format is guessed from the contents unless it is given; a guest can write any bytes to a raw disk, so a caller
    /// who knows that the image is raw says so.
    package init(_ path: FilePath, format: DiskImageFormat? = nil) throws {
        self.format = try format ?? DiskImageFormat(of: .open(path))
        switch self.format {
        case .raw:
            let image = try RawImage(path)
            (contents, file) = (image, image.file)
        case .qcow2:
            let image = try Qcow2Reader(path)
            (contents, file) = (image, image.file)
        }
    }
}
