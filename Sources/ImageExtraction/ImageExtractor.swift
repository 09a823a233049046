package import DiskFormats
import Glibc
import ImageInspection
package import LinuxOS
package import SystemPackage

/// Unpacks the operating system in an image into a directory, with all that its files have.
///
/// Takes what the readers of this program take (qcow2, raw, VMDK, VHD, VHDX, VDI; a whole disk or one file system), tar
/// archives and squashfs, each also compressed by gzip, xz, zstd or bzip2. The root is found by what is in it, the file
/// systems below it by its fstab. ext2, ext3, ext4 and FAT are read here; others are mounted read-only.
package struct ImageExtractor: Sendable {
    package struct Report: Hashable, Sendable {
        /// What was unpacked where, in words.
        package var lines: [String] = []
        package var warnings: [String] = []
    }

    let image: FilePath
    let format: DiskImageFormat?
    let target: FilePath
    /// The partition to take for the root instead of looking for it.
    let partition: Int?
    let runner: any CommandRunner
    /// For what has to be unpacked or copied first.
    let scratch: FilePath

    package init(
        _ image: FilePath, format: DiskImageFormat? = nil, to target: FilePath, partition: Int? = nil,
        runner: any CommandRunner = SubprocessRunner(), scratch: FilePath
    ) {
        (self.image, self.format, self.target) = (image, format, target)
        (self.partition, self.runner, self.scratch) = (partition, runner, scratch)
    }

    package func run() async throws -> Report {
        guard geteuid() == 0 else {
            throw ImageExtractionError(
                .invalidRequest, "unpack '\(image)'", "only root may give files their owners", hint: "run it by sudo")
        }
        guard mkdir(target.string, 0o755) == 0 || errno == EEXIST else {
            throw ImageExtractionError.system("make directory '\(target)'", errno)
        }
        if format != nil { return try await unpackDisk(image) }
        return try await unpack(image, ImageSource(firstBytes: ImageSource.firstBytes(of: image)), depth: 0)
    }

    private func unpack(_ file: FilePath, _ source: ImageSource, depth: Int) async throws -> Report {
        switch source {
        case .disk: return try await unpackDisk(file)
        case .tar: return try await unpackTar(file)
        case .squashfs: return try await unpackSquashfs(file)
        case .compressed(let tool):
            guard let start = try await ImageSource.firstBytes(of: file, through: tool, runner), !start.isEmpty,
                depth < 2
            else { throw ImageExtractionError.unreadable(image, by: tool) }
            let inner = ImageSource(firstBytes: start)
            if inner == .tar { return try await unpackTar(file) }
            let plain = scratch.appending("image\(depth)")
            let command = Command(
                "bash",
                ["-c", "\"$1\" --decompress --stdout < \"$2\" > \"$3\"", "unpack", tool, file.string, plain.string])
            try await runner.check(command)
            return try await unpack(plain, inner, depth: depth + 1)
        }
    }

    private func unpackTar(_ file: FilePath) async throws -> Report {
        let options = [
            "--extract", "--preserve-permissions", "--same-owner", "--numeric-owner", "--acls", "--xattrs",
            "--xattrs-include=*", "--xattrs-exclude=security.selinux",
        ]
        try await runner.check(Command("tar", options + ["--file", file.string, "--directory", target.string]))
        return Report(lines: ["tar archive -> /"])
    }

    private func unpackSquashfs(_ file: FilePath, offset: UInt64 = 0) async throws -> Report {
        let options = ["-no-progress", "-force", "-offset", "\(offset)", "-dest", target.string, file.string]
        do {
            try await runner.check(Command("unsquashfs", options))
        } catch let error as SystemError where error.code == .noSuchFileOrDirectory {
            throw ImageExtractionError(
                .tool, "unpack '\(image)'", "'unsquashfs' is not installed", hint: "install squashfs-tools")
        }
        return Report(lines: ["squashfs -> /"])
    }

    private func unpackDisk(_ file: FilePath) async throws -> Report {
        let disk = try DiskImage(file, format: format)
        let volumes = try ForeignVolumes(
            disk: disk, name: image, target: target, scratch: scratch, partition: partition, runner: runner)
        let root = try await volumes.root()
        var report = Report()
        if root.volume.type == "squashfs" {
            let raw = try volumes.rawFile(of: root.volume)
            report = try await unpackSquashfs(raw.file, offset: raw.offset)
        } else {
            try await volumes.copy(root, to: "/", &report)
        }
        for (volume, place, subvolume) in try volumes.belowRoot(root) {
            try await volumes.copy((volume, subvolume), to: place, &report)
        }
        return report
    }
}
