import Basics
import BlockDevices
import DiskFormats
import LinuxOS
import SystemPackage
import TreeFormats

/// Writes parts of the tree into the filesystems of an image file, without mounting any (decision 0019).
struct TreeFilling: OfflineFilling {
    /// When everything in a filesystem was made; files keep the times at which they were changed.
    let made: FileTree.Time
    /// Times of files later than this become it.
    var latest: Int64?
    /// Gets a line for each filesystem.
    let say: @Sendable (String) -> Void

    func fill(_ filesystem: OfflineFilesystem) async throws {
        let plan = filesystem.plan
        let report: DiskReport
        do {
            switch plan.type.family {
            case .ext: report = try await fillExt(filesystem)
            case .fat: report = try await fillFAT(filesystem)
            case .btrfs: report = try await fillBtrfs(filesystem)
            case .xfs, .swap, .squashfs, .erofs, .other:
                throw AssemblyError(.invalidState, "nobody can fill a \(plan.type) filesystem without mounting it")
            }
        } catch let error as DiskFormatError {
            throw AssemblyError(
                .invalidState, "cannot fill the \(plan.type) filesystem of '\(plan.mountPoint)': \(error.reason)",
                hint: hint(for: error, plan))
        }
        say(report.line)
    }

    private func fillExt(_ filesystem: OfflineFilesystem) async throws -> DiskReport {
        let (made, latest) = (made, latest)
        let usage = try await interruptible("fill") { check in
            let sealed = Set(filesystem.sealed.map { Array($0.string.utf8) })
            let tree = try FileTree.scan(filesystem.tree, sealed: sealed)
            return try ExtVolume(filesystem.image, offset: filesystem.window.offset)
                .fill(tree, made: made, latest: latest, check: check)
        }
        return DiskReport(
            mountPoint: filesystem.plan.mountPoint, planned: filesystem.window.size, used: ByteCount(usage.used),
            free: ByteCount(usage.available))
    }

    private func fillBtrfs(_ filesystem: OfflineFilesystem) async throws -> DiskReport {
        let (made, latest) = (made, latest)
        let usage = try await interruptible("fill") { check in
            let sealed = Set(filesystem.sealed.map { Array($0.string.utf8) })
            let tree = try FileTree.scan(filesystem.tree, sealed: sealed)
            return try BtrfsVolume(filesystem.image, offset: filesystem.window.offset)
                .fill(tree, made: made, latest: latest, check: check)
        }
        return DiskReport(
            mountPoint: filesystem.plan.mountPoint, planned: filesystem.window.size, used: ByteCount(usage.used),
            free: ByteCount(usage.available))
    }

    private func fillFAT(_ filesystem: OfflineFilesystem) async throws -> DiskReport {
        let latest = latest
        let usage = try await onOwnThread("fill") {
            let items = try FATItem.scan(filesystem.tree)
            return try FATVolume(filesystem.image, offset: filesystem.window.offset).fill(items, latest: latest)
        }
        return DiskReport(
            mountPoint: filesystem.plan.mountPoint, planned: filesystem.window.size, used: ByteCount(usage.used),
            free: ByteCount(usage.capacity - usage.used))
    }

    private func hint(for error: DiskFormatError, _ plan: MountPlan) -> String? {
        switch (error.kind, plan.mountPoint) {
        case (.noSpace, "/"):
            "ask for a larger disk with --image-size (DIB_IMAGE_SIZE), or for none: then it is measured"
        case (.noSpace, _): "give its partition a larger 'size' in the block-device configuration"
        case (.unsupported, _): "build with --backend loop"
        case (.invalidRequest, _) where plan.type.family == .fat:
            "keep such files out of '\(plan.mountPoint)' of the image"
        default: nil
        }
    }
}
