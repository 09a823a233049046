import DiskFormats
import Foundation
package import ImagePlanning
import LinuxOS
import SystemPackage

/// Turns the finished raw disk into one of the formats asked for.
package struct DiskConversion: Sendable {
    let disk: FilePath
    let format: OutputFormat
    let compresses: Bool
    /// The text of `--qemu-img-options`.
    let options: String?
    let runner: any CommandRunner

    /// Writes `target`, which is whole and on stable storage on return.
    ///
    /// A raw disk is moved if it can be.
    func write(
        to target: FilePath, progress: @escaping @Sendable (Double) -> Void,
        onLine: @escaping @Sendable (String) -> Void
    ) async throws {
        if case .qcow2 = format, let options = try? Self.qcow2Options(options, compresses: compresses) {
            let disk = disk
            return try await onOwnThread("qcow2") {
                _ = try Qcow2Writer(options).write(from: disk, to: target, progress: progress)
            }
        }
        switch format {
        case .raw: try await moveRaw(to: target, progress: progress)
        case .qcow2, .qemu: try await convertWithQemu(to: target, onLine: onLine)
        case .tree: preconditionFailure("archives are made from the tree")
        }
    }

    /// Our writer's options for a text of qemu-img's; throws for what only qemu-img can do.
    private static func qcow2Options(_ text: String?, compresses: Bool) throws -> Qcow2Options {
        try Qcow2Options(qemuImgOptions: text ?? "", compression: compresses ? .deflate() : .none)
    }

    /// Whether a plan with this format needs the qemu-img tool.
    package static func needsQemuImg(_ format: OutputFormat, options: String?, compresses: Bool) -> Bool {
        switch format {
        case .qcow2: (try? qcow2Options(options, compresses: compresses)) == nil
        case .qemu: true
        case .raw, .tree: false
        }
    }

    private func moveRaw(to target: FilePath, progress: @escaping @Sendable (Double) -> Void) async throws {
        if rename(disk.string, target.string) == 0 { return }
        // Another file system (tmpfs, as a rule): copied, holes kept.
        let disk = disk
        try await onOwnThread("raw") { try RawImageCopy().write(from: disk, to: target, progress: progress) }
    }

    private func convertWithQemu(to target: FilePath, onLine: @escaping @Sendable (String) -> Void) async throws {
        onLine("Converting image using qemu-img convert")
        var arguments = ["convert", "-f", "raw", "-O", format.name]
        if format == .qcow2, compresses { arguments.append("-c") }
        if let options, !options.isEmpty { arguments += ["-o", options] }
        try await runner.check(Command("qemu-img", arguments + [disk.string, target.string]), onLine: onLine)
    }
}
