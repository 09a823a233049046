import LinuxOS
import SystemPackage

/// The files of a file system on a throw-away disk, to be read and replaced.
protocol GuestFiles: Sendable {
    /// The contents of a file, or nil if there is none (or an empty one).
    func read(_ path: String) async throws -> String?
    func hasDirectory(_ path: String) async throws -> Bool
    /// Writes or replaces a file; `local` is a file that may be used for its contents meanwhile.
    func write(_ text: String, to path: String, through local: FilePath) async throws
}

/// Opens the file systems of a throw-away disk, each in the way that needs least.
struct GuestFilesystems: Sendable {
    let disk: ThrowawayDisk
    let folder: FilePath
    let runner: any CommandRunner
    let tools: ToolPath
    let attempt: String

    /// Gives `body` the files of a volume, and lets go of them in any case.
    func with<Result: Sendable>(
        _ volume: ThrowawayDisk.Volume, _ body: @Sendable (any GuestFiles) async throws -> Result
    ) async throws -> Result {
        switch volume.identity.kind {
        case .ext:
            try tools.require("debugfs", package: "e2fsprogs", for: attempt)
            return try await body(OfflineFilesystem(disk: disk.path, offset: volume.offset, runner: runner))
        case .xfs, .btrfs:
            return try await PrivateMount(disk: disk.path, volume: volume, folder: folder).with(body)
        }
    }
}
