import DiskFormats
import ImageInspection
import LinuxOS
package import SystemPackage

/// What unpacking an image will ask of the host: told by a look into it, so that a plan can say so.
///
/// What is in a compressed disk image is not known before it is decompressed, which takes as long as the unpacking: of such
/// a one only the program that does it is told. `CompressedImage` knows what its start tells.
package struct ExtractionNeeds: Hashable, Sendable {
    /// Programs, beside those that every host has.
    package var tools: [String] = []
    /// File systems that are not read here: the kernel has to mount them.
    package var filesystems: [String] = []

    package init(tools: [String] = [], filesystems: [String] = []) {
        (self.tools, self.filesystems) = (tools, filesystems)
    }

    /// Throws `ImageExtractionError` and errors of the image readers for what can never be unpacked.
    package init(of image: FilePath) throws {
        switch ImageSource(firstBytes: try ImageSource.firstBytes(of: image)) {
        case .tar: break
        case .squashfs: tools = ["unsquashfs"]
        case .compressed(let tool): tools = [tool]
        case .disk:
            self = try ForeignVolumes(
                disk: DiskImage(image), name: image, target: "/nonexistent", scratch: "/nonexistent", partition: nil,
                runner: SubprocessRunner()
            ).needs()
        }
    }
}

extension ForeignVolumes {
    /// What `root()` and `copy` will mount or call; mounts nothing.
    func needs() throws -> ExtractionNeeds {
        let candidates = try systemCandidates()
        let known = try candidates.filter(\.isExt).map { (volume: $0, rank: try rankUnmounted($0)) }
        guard let root = known.max(by: { $0.rank < $1.rank }), root.rank > 0 || candidates.count == 1 else {
            let types = candidates.filter(\.needsMount).map(\.type)
            let isSquashed = types.isEmpty && candidates.contains { $0.type == "squashfs" }
            return ExtractionNeeds(tools: isSquashed ? ["unsquashfs"] : [], filesystems: Set(types).sorted())
        }
        let table = FilesystemTable(try text(of: "/etc/fstab", on: root.volume))
        let below = volumesBelow((root.volume, nil), table) { _ in false }
        return ExtractionNeeds(filesystems: Set(below.map(\.volume).filter(\.needsMount).map(\.type)).sorted())
    }
}
