import Basics
import DiskFormats
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
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
        if !plan.request.checksum.isNone {
            let digest = try await onOwnThread("checksum") { try FileDigest.compute(of: path) }
            try writeChecksums(digest, of: path)
        }
        try announce(path, format)
    }

    /// Tells the world of a file that has its name.
    func announce(_ path: FilePath, _ format: OutputFormat) throws {
        mask?.hand(over: path)
        let size = UInt64((try FileManager.default.attributesOfItem(atPath: path.string)[.size] as? Int) ?? 0)
        artifacts.append(Artifact(path: path, format: format, size: size))
        say("Image file \(path) created...")
        monitor.receive(.artifact(path: path.string, format: format.name, bytes: size))
    }

    /// `NAME.TYPE.md5` and `.sha256`, in the form that `md5sum -c` reads.
    func writeChecksums(_ digest: FileDigest, of path: FilePath) throws {
        let policy = plan.request.checksum
        for (wanted, suffix, hex) in [(policy.md5, "md5", digest.md5), (policy.sha256, "sha256", digest.sha256)]
        where wanted {
            try "\(hex)  \(path)\n".write(toFile: "\(path).\(suffix)", atomically: true, encoding: .utf8)
        }
    }
}
