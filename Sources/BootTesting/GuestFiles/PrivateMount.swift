import Basics
import Glibc
import LinuxOS
import SystemPackage

/// A file system without a tool that changes it offline, mounted for a moment through a loop device; needs root.
///
/// Nothing of the image is trusted: its paths are resolved as if it were the root, and nothing in it is run.
struct PrivateMount: Sendable {
    let disk: FilePath
    let volume: ThrowawayDisk.Volume
    let folder: FilePath

    private var kind: String { volume.identity.kind.rawValue }
    private var attempt: String { "change the \(kind) file system of the throw-away copy" }

    func with<Result: Sendable>(
        _ body: @Sendable (any GuestFiles) async throws -> Result
    ) async throws -> Result {
        guard geteuid() == 0 else {
            throw BootTestError(
                .missingAbility, attempt, "only root may mount it",
                hint: "run as root, or use --seed if the image has cloud-init")
        }
        return try await withTeardown { stack in
            let device = try LoopDevice.attach(disk, offset: volume.offset, size: volume.size)
            await stack.push("detach '\(device.path)'") { try device.detach() }
            let target = folder.appending("mount")
            guard mkdir(target.string, 0o700) == 0 || errno == EEXIST else {
                throw SystemError("make directory '\(target)'", Errno(rawValue: errno))
            }
            // A copy has the identifier of its original, which may be mounted at this very moment.
            let mount = Mount(
                source: device.path.string, target: target, type: kind,
                flags: [.noSetUserID, .noDevices, .noExecute], options: volume.identity.kind == .xfs ? "nouuid" : "")
            do throws(SystemError) {
                try mount.attach()
            } catch {
                throw BootTestError(
                    .missingAbility, attempt, "\(error)",
                    hint: "is the kernel's module for \(kind) loaded? 'modprobe \(kind)'")
            }
            await stack.push("unmount '\(target)'") { try mount.detach() }
            return try await body(MountedFiles(root: ConfinedRoot(target)))
        }
    }
}

/// Files below a mount point, none of whose links leads out of it.
struct MountedFiles: GuestFiles {
    let root: ConfinedRoot

    func read(_ path: String) throws -> String? {
        let file: FileDescriptor
        do throws(SystemError) {
            file = try root.open(FilePath(path), options: [.closeOnExec, .nonBlocking])
        } catch {
            if [.noSuchFileOrDirectory, .notDirectory].contains(error.code) { return nil }
            throw error
        }
        return try file.closeAfter {
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while text.count < 16 << 20, case let count = try chunk.withUnsafeMutableBytes({ try file.read(into: $0) }),
                count > 0
            {
                text += chunk[..<count]
            }
            return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        }
    }

    func hasDirectory(_ path: String) -> Bool {
        guard let folder = try? root.open(FilePath(path), options: [.closeOnExec, .directory]) else { return false }
        try? folder.close()
        return true
    }

    func write(_ text: String, to path: String, through local: FilePath) throws {
        let file = try root.open(
            FilePath(path), .writeOnly, options: [.closeOnExec, .create, .truncate, .nonBlocking],
            permissions: .ownerReadWrite)
        _ = try file.closeAfter { try file.writeAll(Array(text.utf8)) }
    }
}
