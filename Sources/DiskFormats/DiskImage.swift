package import SystemPackage

/// The formats of disk images that this program reads and writes itself.
package enum DiskImageFormat: String, Sendable, CaseIterable {
    case qcow2
    case raw
    case vhd
    case vmdk
    case vdi
    case vhdx

    /// By the word that people write: the format's own name, or qemu-img's (`vpc`).
    package init?(name: String) {
        guard let format = name == "vpc" ? .vhd : DiskImageFormat(rawValue: name) else { return nil }
        self = format
    }

    /// The format that a file's bytes tell; whatever has no magic of its own is raw.
    package init(of file: ImageFile) throws {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = try bytes.withUnsafeMutableBytes { try file.readAvailable(at: 0, into: $0) }
        let start = Array(bytes[..<count])
        if Qcow2Header.isQcow2(start) {
            self = .qcow2
        } else if start.starts(with: VhdxReader.signature) {
            self = .vhdx
        } else if VmdkReader.recognises(start) {
            self = .vmdk
        } else if VdiHeader.isVdi(start) {
            self = .vdi
        } else {
            self = try VhdReader.recognises(file, start: start) ? .vhd : .raw
        }
    }
}

/// A disk image opened for reading, in whatever format it is.
///
/// No other file is opened, whatever the image says, unless the caller allows the chain below a qcow2 overlay: an image
/// that needs a parent, or has its data elsewhere, is refused.
package struct DiskImage: Sendable {
    package let format: DiskImageFormat
    package let contents: any GuestImage
    package let file: ImageFile

    /// The format is guessed from the contents unless it is given; a guest can write any bytes to a raw disk, so a caller
    /// who knows that the image is raw says so.
    package init(
        _ path: FilePath, format: DiskImageFormat? = nil, backing: Qcow2Reader.BackingAccess = .refused
    ) throws {
        let file = try ImageFile.open(path)
        self.format = try format ?? DiskImageFormat(of: file)
        switch self.format {
        case .raw:
            let image = try RawImage(path)
            (contents, self.file) = (image, image.file)
        case .qcow2:
            let image = try Qcow2Reader(path, backing: backing)
            (contents, self.file) = (image, image.file)
        case .vhd: (contents, self.file) = (try VhdReader(file).contents, file)
        case .vmdk: (contents, self.file) = (try VmdkReader(file), file)
        case .vdi: (contents, self.file) = (try VdiReader(file).contents, file)
        case .vhdx: (contents, self.file) = (try VhdxReader(file).contents, file)
        }
    }
}
