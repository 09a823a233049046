import Basics
import DiskFormats
import Glibc
import ImageInspection
import LinuxOS
import SystemPackage

/// The file systems of a disk: which is the root, which belong below it, and how each is copied.
struct ForeignVolumes {
    typealias Root = (volume: ImageVolume, subvolume: String?)
    private static let largestTable = 1 << 20

    private let name: FilePath
    private let target: FilePath
    private let scratch: FilePath
    private let partition: Int?
    private let runner: any CommandRunner
    private let image: DiskImage
    private let disk: DiskWindow
    private let description: ImageDescription
    private let volumes: [ImageVolume]

    init(
        disk image: DiskImage, name: FilePath, target: FilePath, scratch: FilePath, partition: Int?,
        runner: any CommandRunner
    ) throws {
        (self.name, self.target, self.scratch) = (name, target, scratch)
        (self.partition, self.runner, self.image) = (partition, runner, image)
        disk = DiskWindow(CachedDisk(image.contents))
        description = try ImageInspector(image).describe()
        volumes = ImageVolume.all(in: description)
    }

    /// The volume with os-release; else one that looks like a system; else the last one that is nothing else.
    func root() async throws -> Root {
        let candidates = try systemCandidates()
        if candidates.count == 1, !candidates[0].needsMount { return (candidates[0], nil) }
        var best: (rank: Int, root: Root)?
        var failure: (any Error)?
        for volume in candidates {
            do {
                let (rank, subvolume) = try await rank(volume)
                if rank > best?.rank ?? 0 { best = (rank, (volume, subvolume)) }
            } catch { failure = error }
        }
        if let best { return best.root }
        if let failure { throw failure }
        // Upstream looks at partitions from the last one, too.
        guard let last = candidates.last(where: { !$0.isBoot && !$0.isSystemPartition }) ?? candidates.last else {
            throw noSystem
        }
        return (last, nil)
    }

    /// Volumes that the root may be; throws if there is none.
    func systemCandidates() throws -> [ImageVolume] {
        let candidates = volumes.filter { volume in
            if let partition { volume.number == partition } else { volume.canHoldSystem }
        }
        guard !candidates.isEmpty else { throw noSystem }
        return candidates
    }

    private var noSystem: ImageExtractionError {
        let types = description.partitions.compactMap { $0.filesystem?.type } + volumes.map(\.type)
        let closed = ["LVM2_member", "crypto_LUKS", "linux_raid_member"].first { types.contains($0) }
        if let partition {
            return ImageExtractionError(
                .noSystem, "unpack '\(name)'", "partition \(partition) holds no file system")
        }
        return ImageExtractionError(
            .noSystem, "unpack '\(name)'",
            closed.map { "its system is in \($0), which is not read here" } ?? "it holds no file system with a system",
            hint: "'ingot image info \(name)' says what is in it")
    }

    private func rank(_ volume: ImageVolume) async throws -> (rank: Int, subvolume: String?) {
        guard volume.needsMount else { return (try rankUnmounted(volume), nil) }
        let (rank, subvolume) = try await mounted(volume).rank()
        return (rank, subvolume)
    }

    /// The rank of a file system that is read here.
    func rankUnmounted(_ volume: ImageVolume) throws -> Int {
        guard volume.isExt, let window = disk.part(at: volume.offset, size: volume.size) else { return 0 }
        if try SystemProbe(window).system(on: volume.number)?.identifier != nil { return 2 }
        let names = try Set(Ext4Reader(window).names(in: "/"))
        return names.contains("etc") && (names.contains("usr") || names.contains("bin")) ? 1 : 0
    }

    /// A small text in a file system that is read here; empty if it is not there.
    func text(of path: String, on volume: ImageVolume) throws -> String {
        guard let window = disk.part(at: volume.offset, size: volume.size) else { return "" }
        let bytes = try Ext4Reader(window).file(path, limit: Self.largestTable)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// File systems that the root's fstab names, and without one those that are what they are by their type.
    func belowRoot(_ root: Root) throws -> [(volume: ImageVolume, place: String, subvolume: String?)] {
        volumesBelow(root, FilesystemTable(try tableText())) { exists($0) }
    }

    /// By a table and by the directories of the root.
    func volumesBelow(
        _ root: Root, _ table: FilesystemTable, hasDirectory: (FilePath) -> Bool
    ) -> [(volume: ImageVolume, place: String, subvolume: String?)] {
        let disk = description.table?.identifier ?? ""
        var result: [(volume: ImageVolume, place: String, subvolume: String?)] = []
        for entry in table.entries where entry.target != "/" {
            guard let volume = volumes.first(where: { $0.isNamed(by: entry.source, diskIdentifier: disk) }) else {
                continue
            }
            if volume == root.volume, entry.subvolume == nil || entry.subvolume == root.subvolume { continue }
            result.append((volume, entry.target, entry.subvolume))
        }
        func add(_ volume: ImageVolume?, at place: String) {
            guard let volume, volume != root.volume,
                !result.contains(where: { $0.volume == volume || $0.place == place })
            else { return }
            result.append((volume, place, nil))
        }
        add(volumes.first { $0.isBoot && $0.canHoldSystem }, at: "/boot")
        let loaders = volumes.first { $0.isSystemPartition && $0.type == "vfat" }
        if hasDirectory("/boot/efi") || result.contains(where: { $0.place == "/boot" }) {
            add(loaders, at: "/boot/efi")
        }
        return result
    }

    private func tableText() throws -> String {
        let root = try ConfinedRoot(target)
        guard let file = try? root.open("/etc/fstab", options: [.closeOnExec, .nonBlocking]) else { return "" }
        return try file.closeAfter {
            var bytes = [UInt8](repeating: 0, count: Self.largestTable)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    private func exists(_ inside: FilePath) -> Bool {
        guard let root = try? ConfinedRoot(target),
            let folder = try? root.open(inside, options: [.closeOnExec, .directory])
        else { return false }
        try? folder.close()
        return true
    }
}

extension ForeignVolumes {
    func copy(_ root: Root, to place: String, _ report: inout ImageExtractor.Report) async throws {
        let volume = root.volume
        let folder = try ConfinedRoot(target).makeDirectory(FilePath(place))
        report.lines.append("\(volume.description) -> \(place)")
        if volume.isExt, try await copyExt(volume, to: folder, &report) { return }
        if volume.type == "vfat", let window = disk.part(at: volume.offset, size: volume.size),
            var tree = try FatTree(window)
        {
            var writer = TreeWriter(folder)
            return try tree.read(into: &writer)
        }
        guard volume.isExt || volume.needsMount else {
            report.warnings.append("\(volume.description) belongs to '\(place)', but is not read here")
            return
        }
        try await mounted(volume).copy(to: folder, subvolume: root.subvolume)
    }

    /// False if the file system has something that is not read here.
    private func copyExt(
        _ volume: ImageVolume, to folder: FilePath, _ report: inout ImageExtractor.Report
    ) async throws -> Bool {
        guard var window = disk.part(at: volume.offset, size: volume.size) else { return false }
        var writer = TreeWriter(folder)
        do {
            var tree = try Ext4Tree(window)
            if tree.needsRecovery {
                window = try await recovered(window)
                tree = try Ext4Tree(window)
                report.warnings.append("\(volume.description) was in use; what its journal says was done first")
            }
            try tree.read(into: &writer)
        } catch let error as ImageInspectionError where error.kind == .unsupported { return false }
        for (attribute, count) in writer.lostAttributes.sorted(by: { $0.key < $1.key }) {
            report.warnings.append("'\(target)' takes no attribute '\(attribute)', which \(count) files have")
        }
        return true
    }

    /// A copy in which e2fsck(8) has replayed the journal.
    private func recovered(_ window: DiskWindow) async throws -> DiskWindow {
        let file = scratch.appending("recovered")
        try RawImageCopy().write(window.asImage, to: file)
        let outcome = try await runner.run(Command("e2fsck", ["-f", "-y", file.string]), onLine: { _ in })
        // 1: errors were corrected; 2: and a mounted system would have to reboot.
        guard case .exited(let status) = outcome.status, status < 4 else {
            throw ImageExtractionError(
                .tool, "replay the journal of '\(name)'", outcome.lastLines.last ?? "e2fsck failed")
        }
        return try DiskWindow(CachedDisk(RawImage(file)))
    }

    private func mounted(_ volume: ImageVolume) throws -> MountedVolume {
        let raw = try rawFile(of: volume)
        let folder = scratch.appending("mount")
        guard mkdir(folder.string, 0o700) == 0 || errno == EEXIST else {
            throw ImageExtractionError.system("make directory '\(folder)'", errno)
        }
        return MountedVolume(
            file: raw.file, offset: raw.offset, size: volume.size, type: volume.type, folder: folder, runner: runner)
    }

    /// A raw file in which the volume is, copied out of the image if it is in another format.
    func rawFile(of volume: ImageVolume) throws -> (file: FilePath, offset: UInt64) {
        if image.format == .raw { return (image.file.path, volume.offset) }
        let copy = scratch.appending("volume\(volume.number)")
        var info = stat()
        if stat(copy.string, &info) == 0 { return (copy, 0) }
        guard let window = disk.part(at: volume.offset, size: volume.size) else { throw noSystem }
        try RawImageCopy().write(window.asImage, to: copy)
        return (copy, 0)
    }
}
