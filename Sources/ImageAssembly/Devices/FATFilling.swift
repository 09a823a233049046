import BlockDevices
import DiskFormats
import LinuxOS
import SystemPackage

/// Fills FAT filesystems in the image file, by our own writer: no driver, no tool, no time zone (decision 0007).
package struct FATFilling: OfflineFilling {
    package init() {}

    package func fill(_ filesystem: OfflineFilesystem) async throws {
        let name = "the \(filesystem.plan.type) filesystem of '\(filesystem.plan.mountPoint)'"
        do {
            try await onOwnThread("fill") {
                let items = try FATItem.scan(filesystem.tree)
                try FATVolume(filesystem.image, offset: filesystem.window.offset).fill(items)
            }
        } catch let error as DiskFormatError {
            throw AssemblyError(
                .invalidState, "cannot fill \(name): \(error.reason)",
                hint: error.kind == .noSpace
                    ? "give its partition a larger 'size' in the block-device configuration"
                    : "keep such files out of '\(filesystem.plan.mountPoint)' of the image")
        }
    }
}
