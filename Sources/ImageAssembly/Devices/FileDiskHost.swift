import Basics
import BlockDevices
import DiskFormats
import Foundation
import LinuxOS
import SystemPackage

/// A host that needs no devices: every byte of a disk is written into its image file (decision 0019).
///
/// A filesystem is made by its own program in a sparse file of the partition's size, where the program sees what it
/// would see on a device, and then put into its place; its files follow when the disk is released. Nothing here takes a
/// privilege.
struct FileDiskHost: DiskHost {
    /// For what needs no device anyway.
    let base: LoopDiskHost
    private let filling: TreeFilling
    /// Gets lines for the log.
    var say: @Sendable (String) -> Void { filling.say }

    init(base: LoopDiskHost, filling: TreeFilling) {
        self.base = base
        self.filling = filling
    }

    func makeImage(_ image: BlockDevices.ImageFile) async throws { try await base.makeImage(image) }
    func removeImage(_ image: BlockDevices.ImageFile) async throws { try await base.removeImage(image) }
    func write(_ table: PartitionTable, to image: BlockDevices.ImageFile) async throws {
        try await base.write(table, to: image)
    }

    /// The file itself is what stands for a disk and its partitions.
    func attach(_ window: DeviceWindow, of image: BlockDevices.ImageFile) async throws -> String { image.path }
    func detach(_ device: ActiveDisk.Device, of image: BlockDevices.ImageFile, flush: Bool) async throws {}

    func format(
        _ filesystem: FilesystemPlan, on device: ActiveDisk.Device, of image: BlockDevices.ImageFile?
    ) async throws {
        // What is read only is made with what is in it.
        if filesystem.type.isReadOnly { return }
        guard let window = device.window, let image else {
            throw AssemblyError(.invalidState, "'\(filesystem.device)' is no part of an image file")
        }
        let scratch = scratchFile(of: filesystem, in: FilePath(image.path))
        defer { unlink(scratch.string) }
        let file = try FileDescriptor.open(
            scratch, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
        try file.closeAfter { try file.resize(to: Int64(window.size.bytes)) }
        try await base.run(
            filesystem.command.words(device: scratch.string), environment: filesystem.command.environment)
        try await base.verify(filesystem, on: scratch.string)
        let target = FilePath(image.path)
        try await onOwnThread("splice") { try ImageSplice().write(scratch, into: target, at: window.offset) }
    }

    func run(_ words: [String], environment: Environment) async throws {
        try await base.run(words, environment: environment)
    }
    func verify(_ filesystem: FilesystemPlan, on device: String) async throws {
        try await base.verify(filesystem, on: device)
    }

    func runLVM(_ words: [String], seeing devices: [String]) async throws {
        throw AssemblyError(.invalidState, "LVM needs block devices, and this disk has none")
    }
    var hasUdev: Bool { false }

    func mount(_ mount: Mount) async throws { try await base.mount(mount) }
    func synchronise(_ target: FilePath) async throws { try await base.synchronise(target) }
    func isMounted(_ target: FilePath) throws -> Bool { try base.isMounted(target) }
    func unmount(_ target: FilePath) async throws { try await base.unmount(target) }
    func fill(_ filesystem: OfflineFilesystem) async throws {
        guard filesystem.filesystem.type.isReadOnly else { return try await filling.fill(filesystem) }
        try await writeWhole(filesystem)
    }

    /// Beside the image, where there is room for what goes into it.
    func scratchFile(of filesystem: FilesystemPlan, in image: FilePath) -> FilePath {
        FilePath(image.string + "." + filesystem.name.replacing("/", with: "_"))
    }
}
