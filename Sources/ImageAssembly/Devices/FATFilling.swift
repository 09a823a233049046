import BlockDevices
import DiskFormats
import LinuxOS
import SystemPackage

/// Fills FAT filesystems in the image file, by our own writer: no driver, no tool, no time zone (decision 0007).
package struct FATFilling: OfflineFilling {
    /// Seconds since 1970: times of files later than this become it.
    let latest: Int64?

    package init(latest: Int64? = nil) { self.latest = latest }

    package func fill(_ filesystem: OfflineFilesystem) async throws {
        let name = "the \(filesystem.plan.type) filesystem of '\(filesystem.plan.mountPoint)'"
        do {
            let latest = latest
            try await onOwnThread("fill") {
                let items = try FATItem.scan(filesystem.tree)
                try FATVolume(filesystem.image, offset: filesystem.window.offset).fill(items, latest: latest)
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
