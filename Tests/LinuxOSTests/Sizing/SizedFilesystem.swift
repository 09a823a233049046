import Basics
import BlockDevices
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing
import TreeFormats

/// A filesystem of the size that was computed for a tree, made, filled and judged by the real tools and the real kernel.
struct SizedFilesystem {
    let type: String
    let seed: UInt64
    /// On tmpfs.
    let folder: FilePath

    private var document: String {
        "- local_loop: {name: image0}\n- mkfs: {name: mkfs_root, base: image0, type: \(type)}\n"
            + "- mount: {base: mkfs_root, mount_point: /}"
    }

    private var parameters: BlockDeviceParameters {
        BlockDeviceParameters(rootLabel: "root", imageDirectory: folder.string, mountBase: folder.string + "/mnt")
    }

    private static let options: @Sendable (RootFormat) -> String = { format in
        [("-N", format.inodes.map { "\($0)" }), ("-J", format.journal.map { "size=\($0)" })]
            .compactMap { option, value in value.map { "\(option) \($0)" } }.joined(separator: " ")
    }

    /// What the sizing says for this tree.
    func fit(_ survey: TreeSurvey, free: FreeSpace = .bytes(.zero)) throws -> DiskFit {
        let isExt = type == "ext4"
        let sizer = try DiskSizer(
            configuration: BlockDeviceConfiguration(yaml: document), parameters: parameters, survey: survey, free: free,
            rule: .exact(journal: RootFormat.journal(tree: survey.allocated)), generator: SeededGenerator(seed: seed)
        ) { isExt ? Self.options($0) : "" }
        return try #require(try sizer.smallest())
    }

    /// The image, empty, and how the filesystem in it is made.
    private func emptyImage(_ fit: DiskFit) throws -> (image: FilePath, plan: FilesystemPlan, environment: Environment)
    {
        var parameters = parameters
        parameters.imageSize = fit.image
        parameters.rootFilesystemOptions = type == "ext4" ? Self.options(fit.root) : ""
        var generator = SeededGenerator(seed: seed)
        let layout = try BlockDeviceLayout(
            BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters), using: &generator)
        let image = try #require(layout.mainImage)
        let plan = try #require(layout.filesystems.first)
        try? FileManager.default.removeItem(atPath: image.path)
        #expect(try runTool("truncate", ["-s", "\(image.size.bytes)", image.path]).status == 0)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let environment = Environment(["PATH": path + ":/usr/sbin:/sbin"]).merging(plan.command.environment)
        return (FilePath(image.path), plan, environment)
    }

    /// Makes a btrfs and writes the tree into it, as builds without devices do.
    func write(_ tree: FileTree, _ fit: DiskFit) throws -> BtrfsVolume.Usage {
        let (image, plan, environment) = try emptyImage(fit)
        let made = try runTool(
            "env", plan.command.words(device: image.string), environment: environment.dictionary)
        #expect(made.status == 0, "\(made.output)")
        let usage = try BtrfsVolume(image).fill(tree, made: FileTree.Time(seconds: 1_600_000_000))
        let check = try runTool("btrfs", ["check", image.string], environment: environment.dictionary)
        #expect(check.status == 0, "\(check.output)")
        return usage
    }

    /// Makes it, copies the tree as a build does, and gives what is free then; fails the test if anything does.
    func fill(from tree: FilePath, _ fit: DiskFit) async throws -> FilesystemSpace {
        let (image, plan, environment) = try emptyImage(fit)
        return try await withTeardown { stack in
            let loop = try LoopDevice.attach(image)
            // A session that starts just now, of whomever, holds copies of all mounts for a moment.
            await stack.push("detach") { try loop.detach(flush: false, patience: .seconds(60)) }
            let made = try runTool(
                "env", plan.command.words(device: loop.path.string), environment: environment.dictionary)
            #expect(made.status == 0, "\(made.output)")
            let target = folder.appending("mnt")
            try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
            let mount = Mount(source: loop.path.string, target: target, type: type, flags: .noAccessTime)
            try mount.attach()
            await stack.push("unmount") { try mount.detach() }
            do { try await TreeCopy(from: tree, to: target).run(SubprocessRunner()) } catch {
                Issue.record("\(error): \(try FilesystemSpace.of(target)), \(fit)")
            }
            #expect(try runTool("sync", ["-f", target.string]).status == 0)
            return try FilesystemSpace.of(target)
        }
    }

    /// Whether mke2fs refuses this journal on the next smaller disk.
    func isLeastForJournal(_ fit: DiskFit) throws -> Bool {
        let file = folder.appending("smaller").string
        _ = try runTool("truncate", ["-s", "\(fit.image.bytes - DiskSizer.granularity)", file])
        let words = ["-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-J", "size=\(fit.root.journal ?? 0)", file]
        let made = try runTool("/usr/sbin/mke2fs", words)
        return made.status != 0 || made.output.contains("too small for a journal")
    }

    /// Bytes to which `resize2fs -M` shrinks the filesystem.
    func least() throws -> UInt64 {
        let image = folder.appending("image0.raw").string
        let check = try runTool("/usr/sbin/e2fsck", ["-fy", image])
        #expect(check.status == 0, "\(check.output)")
        let shrunk = try runTool("/usr/sbin/resize2fs", ["-M", image])
        if shrunk.status != 0 {
            // Now and then it cannot reach what it aims at: then that is the size to be measured by.
            let goal = try #require(shrunk.output.firstMatch(of: /to ([0-9]+) \(4k\) blocks/), "\(shrunk.output)").1
            return (UInt64(goal) ?? 0) * 4096
        }
        let header = try runTool("/usr/sbin/dumpe2fs", ["-h", image]).output
        let blocks = try #require(header.firstMatch(of: /Block count: +([0-9]+)/)).1
        return (UInt64(blocks) ?? 0) * 4096
    }
}
