import DiskFormats
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// A file to publish: its name, and the hidden one beside it under which it is written.
    private struct Publication {
        let format: OutputFormat
        let path: FilePath
        let partial: FilePath
        /// The hidden file is known to the session: should the build be killed, it is removed too.
        let registered: FilePath

        init(_ format: OutputFormat, name: String) {
            self.format = format
            path = FilePath("\(name).\(format.name)")
            partial = OutputNaming.partial(of: path)
            registered = FilePath(FileManager.default.currentDirectoryPath).pushing(partial)
        }
    }

    /// Makes all disk formats from the finished raw disk, and publishes them when all are whole.
    func convert(_ formats: [OutputFormat]) async throws {
        guard let image = disk?.imagePath else {
            throw AssemblyError(.invalidState, "there is no disk to convert")
        }
        let publications = formats.map { Publication($0, name: plan.imageName) }
        do {
            for publication in publications { try Session.register(publication.registered) }
            let digests = try await write(publications, from: image)
            for (index, publication) in publications.enumerated() {
                try publish(publication, digests.isEmpty ? nil : digests[index])
            }
        } catch {
            let explained = explain(error, publications)
            for publication in publications {
                unlink(publication.partial.string)
                try? Session.forget(publication.registered)
            }
            throw explained
        }
    }

    /// Writes all outputs in one pass; gives their checksums if any are wanted.
    private func write(_ publications: [Publication], from image: FilePath) async throws -> [FileDigest] {
        let monitor = monitor
        let conversion = DiskConversion(
            disk: image, outputs: publications.map { .init(format: $0.format, target: $0.partial) },
            compresses: plan.request.compresses, options: plan.request.qemuImgOptions, runner: runner)
        return try await conversion.write(
            withDigests: !plan.request.checksum.isNone,
            progress: { monitor.receive(.progress(fraction: $0)) },
            onLine: { monitor.receive(.output(line: $0, source: .tool("qemu-img"))) })
    }

    private func publish(_ publication: Publication, _ digest: FileDigest?) throws {
        let path = publication.path
        let naming = OutputNaming(overwritesOldImages: plan.request.overwritesOldImages, now: Date())
        if let line = try naming.publish(publication.partial, as: path, keepsOld: true) { say(line) }
        try Session.forget(publication.registered)
        if let digest { try writeChecksums(digest, of: path) }
        try announce(path, publication.format)
    }

    private func explain(_ error: any Error, _ publications: [Publication]) -> any Error {
        guard let first = publications.first else { return error }
        let parent = first.path.removingLastComponent()
        let directory = parent.isEmpty ? "." : parent
        return Self.explain(
            error, writing: publications.map { "'\($0.path)'" }.joined(separator: ", "), in: directory,
            hint: "free some room in '\(directory)', or give -o a path on a larger disk")
    }
}
