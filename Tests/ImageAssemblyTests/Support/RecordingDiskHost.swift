import Basics
import BlockDevices
import ImageAssembly
import LinuxOS
import Synchronization
import SystemPackage

/// A host where nothing happens: keeps every act as a line, and fails the one that a test names.
final class RecordingDiskHost: DiskHost {
    struct Failure: Error, Equatable { let act: String }

    private struct Record {
        var acts: [String] = []
        var mounted: Set<FilePath> = []
        var nextLoop = 7
    }

    private let failing: Int?
    let hasUdev: Bool
    private let record = Mutex(Record())

    /// `failing` counts acts from zero.
    init(failing: Int? = nil, hasUdev: Bool = false) {
        self.failing = failing
        self.hasUdev = hasUdev
    }

    var acts: [String] { record.withLock { $0.acts } }
    /// Only the command lines.
    var commands: [String] { acts.filter { $0.hasPrefix("run ") }.map { String($0.dropFirst(4)) } }

    private func act(_ line: String) throws {
        let index = record.withLock { record in
            record.acts.append(line)
            return record.acts.count - 1
        }
        if index == failing { throw Failure(act: line) }
    }

    func makeImage(_ image: ImageFile) async throws { try act("make \(image.path)") }
    func removeImage(_ image: ImageFile) async throws { try act("remove \(image.path)") }
    func write(_ table: PartitionTable, to image: ImageFile) async throws {
        try act("table \(table.label.rawValue) \(image.path)")
    }

    func attach(_ window: DeviceWindow, of image: ImageFile) async throws -> String {
        let path = record.withLock { record in
            defer { record.nextLoop += 1 }
            return "/dev/loop\(record.nextLoop)"
        }
        try act("attach \(path)")
        return path
    }

    func detach(_ device: ActiveDisk.Device, of image: ImageFile, flush: Bool) async throws {
        try act("detach \(device.path)")
    }

    func run(_ words: [String], environment: Environment) async throws { try act("run \(words.shellLine)") }

    func verify(_ filesystem: FilesystemPlan, on device: String) async throws { try act("verify \(device)") }

    func runLVM(_ words: [String], seeing devices: [String]) async throws { try await run(words, environment: .init()) }

    func mount(_ mount: Mount) async throws {
        try act("mount \(mount.type) \(mount.target)")
        _ = record.withLock { $0.mounted.insert(mount.target) }
    }

    func synchronise(_ target: FilePath) async throws { try act("sync \(target)") }

    func isMounted(_ target: FilePath) throws -> Bool { record.withLock { $0.mounted.contains(target) } }

    func unmount(_ target: FilePath) async throws {
        try act("unmount \(target)")
        _ = record.withLock { $0.mounted.remove(target) }
    }

    func fill(_ filesystem: OfflineFilesystem) async throws {
        try act("fill \(filesystem.window.name) from \(filesystem.tree)")
    }
}
