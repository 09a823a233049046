import Basics
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage
import TreeFormats

/// The finished tree in every format that is made from it: everything that a file system holds, and nothing of the
/// build host.
///
/// The kernel's file systems are unmounted by then: their mount points are there as empty directories (mended wart 13.7).
/// All formats that are a tar stream at heart come from one walk through the tree; the others take one each.
struct TreeOutputs: Sendable {
    /// A format and the file it goes to; `docker` has none.
    struct Target: Sendable {
        let format: TreeFormat
        let path: FilePath
    }

    let tree: FilePath
    let architecture: Architecture
    let options: TreeOptions
    /// Directories below the tree on which a file system is mounted, relative to it; the tree itself not among them.
    let mountPoints: [FilePath]
    /// The program that imports images: `docker` or `podman`.
    let engine: String
    /// For the file system's identifier, in the order in which they are made.
    let identifier: String
    let runner: any CommandRunner

    func write(_ targets: [Target], onLine: @escaping @Sendable (_ tool: String, _ line: String) -> Void) async throws {
        try await writeTarStreams(targets.filter { $0.format.isTarStream }, onLine: onLine)
        for target in targets where !target.format.isTarStream {
            switch target.format {
            case .squashfs, .erofs: try await writeFilesystem(target, onLine: onLine)
            case .initramfs: try await writeInitramfs(target.path)
            case .aci: try await writeACI(target.path) { onLine("aci", $0) }
            case .tar, .tgz, .tarZstd, .oci, .docker: break
            }
        }
    }

    private func writeFilesystem(
        _ target: Target, onLine: @escaping @Sendable (_ tool: String, _ line: String) -> Void
    ) async throws {
        let left = ([FilePath()] + mountPoints).map { $0.appending("lost+found").string }
        let filesystem = try WholeFilesystem(of: tree, to: target.path, leftOut: left)
        let words =
            try target.format == .squashfs
            ? filesystem.squashfs(options.squashfsOptions, modes: NarrowedModes(of: tree))
            : filesystem.erofs(options.erofsOptions + ["-U", identifier])
        try await runner.check(Command(words[0], Array(words.dropFirst()))) { onLine(words[0], $0) }
        if target.format == .erofs { try filesystem.finishErofs(label: "") }
    }

    /// The kernel wants the archive to end where a gzip member ends; hence the one member.
    private func writeInitramfs(_ path: FilePath) async throws {
        let tree = tree
        try await interruptible("initramfs") { check in
            try GzipStream(.single).compress(to: FileSink(creating: path)) { sink in
                try TreeArchiver(tree: tree, format: .cpio, prefix: "").write(to: sink, check: check)
            }
        }
    }

    private func writeACI(_ path: FilePath, onLine: (String) -> Void) async throws {
        var additions: [TreeArchiver.Addition] = []
        if let manifest = options.aciManifest {
            let contents = try Data(contentsOf: URL(fileURLWithPath: manifest))
            additions.append(.init(name: "manifest", contents: Array(contents)))
        } else {
            onLine("No ACI_MANIFEST specified. An ACI_MANIFEST must be specified for this image to be usable.")
        }
        let (tree, files) = (tree, additions)
        try await interruptible("aci") { check in
            try TreeArchiver(tree: tree, format: .tar, prefix: "rootfs")
                .write(to: FileSink(creating: path), additions: files, check: check)
        }
    }
}
