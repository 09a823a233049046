package import Basics
package import BlockDevices
import Foundation
package import LinuxOS
import PartitionTables
import Synchronization
package import SystemPackage

/// This host, with a loop device for each window of an image file.
///
/// Devices detach by themselves when the program ends, however it ends, until `keepDevices` is called: so nothing is
/// left of a build, and what `dib-block-device create` has made outlives it.
package final class LoopDiskHost: DiskHost {
    private let runner: any CommandRunner
    /// Of the programs that are run.
    private let environment: Environment
    private let filling: any OfflineFilling
    private let receive: @Sendable (_ line: String, _ tool: String) -> Void
    /// By path.
    private let loops = Mutex<[String: LoopDevice]>([:])

    /// `receive` gets the lines that programs print, with their names.
    package init(
        runner: any CommandRunner, environment: Environment, filling: any OfflineFilling,
        receive: @escaping @Sendable (_ line: String, _ tool: String) -> Void = { _, _ in }
    ) {
        self.runner = runner
        self.environment = environment
        self.filling = filling
        self.receive = receive
    }

    package func makeImage(_ image: ImageFile) async throws {
        let path = FilePath(image.path)
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw SystemError(
                "make image file '\(path)'", error as? Errno ?? .ioError,
                hint: error as? Errno == .fileExists ? "remove it: an image that is there is never overwritten" : nil)
        }
        do { try file.closeAfter { try file.resize(to: Int64(image.size.bytes)) } } catch {
            unlink(path.string)
            throw SystemError("make image file '\(path)' of \(image.size)", error as? Errno ?? .ioError)
        }
    }

    package func removeImage(_ image: ImageFile) async throws {
        guard unlink(image.path) != 0, errno != ENOENT else { return }
        throw SystemError("remove '\(image.path)'", Errno(rawValue: errno))
    }

    package func write(_ table: PartitionTable, to image: ImageFile) async throws {
        let path = FilePath(image.path)
        try await onOwnThread("partition table") { try PartitionTableWriter.write(table, to: path) }
    }

    package func attach(_ window: DeviceWindow, of image: ImageFile) async throws -> String {
        let loop = try LoopDevice.attach(
            FilePath(image.path), offset: window.offset, size: window.size.bytes,
            sectorSize: UInt32(image.sectorSize))
        loops.withLock { $0[loop.path.string] = loop }
        return loop.path.string
    }

    package func detach(_ device: ActiveDisk.Device, of image: ImageFile, flush: Bool) async throws {
        let own = loops.withLock { $0.removeValue(forKey: device.path) }
        let other =
            try own == nil
            ? LoopDevice.adopt(FilePath(device.path), file: FilePath(image.path), offset: device.window?.offset ?? 0)
            : nil
        guard let loop = own ?? other else { return }
        try await onOwnThread("detach") { try loop.detach(flush: flush) }
    }

    /// Lets the devices live on without this program.
    package func keepDevices() throws {
        let kept = loops.withLock { loops in
            defer { loops = [:] }
            return loops.values
        }
        for loop in kept { try loop.keep() }
    }

    package func run(_ words: [String], environment extra: Environment = Environment()) async throws {
        guard let program = words.first else { return }
        let receive = receive
        let command = Command(program, Array(words.dropFirst()), environment: environment.merging(extra))
        let outcome = try await runner.run(command) { receive($0, program) }
        guard outcome.status.isSuccess else {
            throw AssemblyError(
                .toolFailed(program, status: outcome.status.shellStatus), "\(command) failed (\(outcome.status))",
                lastLines: outcome.lastLines)
        }
    }

    package func verify(_ filesystem: FilesystemPlan, on device: String) async throws {
        let path = FilePath(device)
        let found = try await onOwnThread("probe") { try FilesystemSignature.probe(path) }
        let problem =
            found.map { filesystem.mismatch(type: $0.type, label: $0.label, uuid: $0.uuid) }
            ?? (filesystem.isRecognisable ? "there is none" : nil)
        guard let problem else { return }
        throw AssemblyError(
            .invalidState, "the file system '\(filesystem.name)' on '\(device)' is not as planned: \(problem)",
            hint: "look at 'opts' of '\(filesystem.name)', and at the host's \(filesystem.type.tool)")
    }

    package func runLVM(_ words: [String], seeing devices: [String]) async throws {
        try await run(words + ["--config", Self.lvmConfiguration(seeing: devices, udev: hasUdev)])
    }

    /// Instead of the host's: its groups cannot be confused with the image's, nor its backups gain one.
    static func lvmConfiguration(seeing devices: [String], udev: Bool) -> String {
        let accepted = devices.map { "\"a|^\($0)$|\"" }.joined(separator: ", ")
        let isSynchronised = udev ? 1 : 0
        return "devices { use_devicesfile = 0 filter = [ \(accepted), \"r|.*|\" ] "
            + "obtain_device_list_from_udev = 0 external_device_info_source = \"none\" } "
            + "backup { backup = 0 archive = 0 } "
            + "activation { udev_sync = \(isSynchronised) udev_rules = \(isSynchronised) monitoring = 0 }"
    }

    package var hasUdev: Bool { access("/run/udev/control", F_OK) == 0 }

    package func mount(_ mount: Mount) async throws {
        try FileManager.default.createDirectory(atPath: mount.target.string, withIntermediateDirectories: true)
        try mount.attach()
    }

    package func synchronise(_ target: FilePath) async throws {
        try await onOwnThread("sync") { try MountedFilesystem.synchronise(target) }
    }

    package func isMounted(_ target: FilePath) throws -> Bool {
        let target = Self.real(target)
        return try MountTable.load().mounts.contains { $0.target == target }
    }

    package func unmount(_ target: FilePath) async throws {
        let target = Self.real(target)
        try await onOwnThread("unmount") { try Mount.unmountAll(below: target, including: true) }
    }

    /// As the mount table has it: without symbolic links.
    private static func real(_ path: FilePath) -> FilePath {
        guard let resolved = realpath(path.string, nil) else { return path }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }

    package func fill(_ filesystem: OfflineFilesystem) async throws { try await filling.fill(filesystem) }
}
