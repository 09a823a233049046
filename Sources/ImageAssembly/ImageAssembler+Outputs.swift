import Basics
import DiskFormats
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Makes all disk formats from the finished raw disk.
    func convert(_ formats: [OutputFormat]) async throws {
        guard let image = disk?.imagePath else {
            throw AssemblyError(.invalidState, "there is no disk to convert")
        }
        let monitor = monitor
        for format in formats {
            let conversion = DiskConversion(
                disk: image, format: format, compresses: plan.request.compresses,
                options: plan.request.qemuImgOptions, runner: runner)
            try await publish(format, keepsOld: true) { partial in
                try await conversion.write(
                    to: partial, progress: { monitor.receive(.progress(fraction: $0)) },
                    onLine: { monitor.receive(.output(line: $0, source: .tool("qemu-img"))) })
            }
        }
    }

    /// Has `write` make the file under a hidden name, then gives it its own, with checksum files.
    ///
    /// The hidden file is known to the session: should the build be killed, it is removed too.
    func publish(
        _ format: OutputFormat, keepsOld: Bool, _ write: (_ partial: FilePath) async throws -> Void
    ) async throws {
        let path = FilePath("\(plan.imageName).\(format.fileSuffix ?? format.name)")
        let partial = OutputNaming.partial(of: path)
        let absolute = FilePath(FileManager.default.currentDirectoryPath).pushing(partial)
        try Session.register(absolute)
        do { try await write(partial) } catch {
            let parent = path.removingLastComponent()
            let directory = parent.isEmpty ? "." : parent
            let explained = Self.explain(
                error, writing: "'\(path)'", in: directory,
                hint: "free some room in '\(directory)', or give -o a path on a larger disk")
            unlink(partial.string)
            try? Session.forget(absolute)
            throw explained
        }
        let naming = OutputNaming(overwritesOldImages: plan.request.overwritesOldImages, now: Date())
        if let line = try naming.publish(partial, as: path, keepsOld: keepsOld) { say(line) }
        try Session.forget(absolute)
        try await writeChecksums(of: path)
        let size = UInt64((try FileManager.default.attributesOfItem(atPath: path.string)[.size] as? Int) ?? 0)
        artifacts.append(Artifact(path: path, format: format, size: size))
        say("Image file \(path) created...")
        monitor.receive(.artifact(path: path.string, format: format.name, bytes: size))
    }

    /// `NAME.TYPE.md5` and `.sha256`, in the form that `md5sum -c` reads.
    private func writeChecksums(of path: FilePath) async throws {
        let policy = plan.request.checksum
        guard !policy.isNone else { return }
        let digest = try await onOwnThread("checksum") { try FileDigest.compute(of: path) }
        for (wanted, suffix, hex) in [(policy.md5, "md5", digest.md5), (policy.sha256, "sha256", digest.sha256)]
        where wanted {
            try "\(hex)  \(path)\n".write(toFile: "\(path).\(suffix)", atomically: true, encoding: .utf8)
        }
    }
}
