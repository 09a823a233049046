package import Basics
package import BlockDevices
package import LinuxOS
package import SystemPackage

/// What the disks of an image need of the host, one small act each.
///
/// `BlockDeviceActivation` decides what is done in which order; a host does it. Behind a protocol so that a test can
/// record every act, and let any of them fail. Releases may be repeated: what is released already is no error.
package protocol DiskHost: Sendable {
    /// Makes a sparse image file, or none if it fails; one that exists is not touched.
    func makeImage(_ image: ImageFile) async throws
    func removeImage(_ image: ImageFile) async throws
    func write(_ table: PartitionTable, to image: ImageFile) async throws

    /// Gives the path of a block device that shows a window of an image file.
    func attach(_ window: DeviceWindow, of image: ImageFile) async throws -> String
    /// With `flush`, fails unless everything has reached the file.
    func detach(_ device: ActiveDisk.Device, of image: ImageFile, flush: Bool) async throws

    /// Runs a program that must succeed, with variables over those of the build.
    func run(_ words: [String], environment: Environment) async throws

    /// Makes a filesystem on a device, and fails unless it is what was planned.
    func format(_ filesystem: FilesystemPlan, on device: ActiveDisk.Device, of image: ImageFile?) async throws

    /// Fails unless a filesystem on a device is what was planned.
    func verify(_ filesystem: FilesystemPlan, on device: String) async throws

    /// Runs a program of LVM that sees these devices, and no others of the host.
    func runLVM(_ words: [String], seeing devices: [String]) async throws
    /// Whether the host's udev works on device nodes at the same time.
    var hasUdev: Bool { get }

    /// Mounts on a directory, which is made if it is missing.
    func mount(_ mount: Mount) async throws
    /// Writes what is cached for the filesystem mounted there, and has it finish what it has put off.
    func synchronise(_ target: FilePath) async throws
    func isMounted(_ target: FilePath) throws -> Bool
    /// Unmounts a directory and whatever is mounted below it.
    func unmount(_ target: FilePath) async throws

    /// Writes the files of a directory into a filesystem that the kernel cannot mount.
    func fill(_ filesystem: OfflineFilesystem) async throws
}

extension DiskHost {
    package func format(_ filesystem: FilesystemPlan, on device: ActiveDisk.Device, of image: ImageFile?) async throws {
        try await run(filesystem.command.words(device: device.path), environment: filesystem.command.environment)
        try await verify(filesystem, on: device.path)
    }
}
