package import DiskFormats
import Foundation
package import ImagePlanning
import LinuxOS
import SystemPackage

/// Turns the finished raw disk into all formats asked for, reading it once.
package struct DiskConversion: Sendable {
    /// A format and the hidden name under which it is written.
    struct Output: Sendable {
        let format: OutputFormat
        let target: FilePath
    }

    let disk: FilePath
    let outputs: [Output]
    let compresses: Bool
    /// The text of `--qemu-img-options`.
    let options: String?
    let runner: any CommandRunner

    /// Writes all targets, which are whole and on stable storage on return; with checksums of each if they are wanted.
    ///
    /// A raw disk is moved, last, if it can be: it costs nothing then. Its checksums come from the pass; those of the others,
    /// whose first bytes are written last, from reading what was just written.
    func write(
        withDigests: Bool = false, progress: @escaping @Sendable (Double) -> Void,
        onLine: @escaping @Sendable (String) -> Void
    ) async throws -> [FileDigest] {
        let encodings = try Self.encodings(outputs.map(\.format), options: options, compresses: compresses)
        let moved = outputs.filter { $0.format == .raw && isBeside($0.target) }
        let inPass = zip(outputs, encodings).compactMap { output, encoding -> ImageOutput? in
            guard let encoding, !moved.contains(where: { $0.target == output.target }) else { return nil }
            return ImageOutput(path: output.target, encoding: encoding)
        }
        let disk = disk
        let digestsRaw = withDigests && outputs.contains { $0.format == .raw }
        let contents = try await onOwnThread("convert") {
            try Self.pass(disk, inPass, withDigest: digestsRaw, progress)
        }
        for (output, encoding) in zip(outputs, encodings) where encoding == nil {
            try await convertWithQemu(output, onLine: onLine)
        }
        for (output, encoding) in zip(outputs, encodings) where moved.contains(where: { $0.target == output.target }) {
            guard try !isMoved(to: output.target), let encoding else { continue }
            let copy = ImageOutput(path: output.target, encoding: encoding)
            _ = try await onOwnThread("convert") { try Self.pass(disk, [copy], withDigest: false, progress) }
        }
        return withDigests ? try await digests(contents) : []
    }

    private static func pass(
        _ disk: FilePath, _ outputs: [ImageOutput], withDigest: Bool, _ progress: (Double) -> Void
    ) throws -> FileDigest? {
        let image = try RawImage(disk)
        if withDigest {
            return try ImageWriter().writeWithDigest(image, source: image.file, to: outputs, progress: progress)
                .contents
        }
        if !outputs.isEmpty {
            _ = try ImageWriter().write(image, source: image.file, to: outputs, progress: progress)
        }
        return nil
    }

    /// The checksums of all outputs; `contents` are those of the raw one.
    private func digests(_ contents: FileDigest?) async throws -> [FileDigest] {
        let files = outputs.filter { $0.format != .raw }.map(\.target)
        var others = try await onOwnThread("checksum") { try FileDigest.compute(ofEach: files) }[...]
        return outputs.compactMap { $0.format == .raw ? contents : others.popFirst() }
    }

    /// What is written here, in the order of the formats, nil for what only qemu-img writes; refuses what cannot be.
    ///
    /// Each of the options must belong to one of the formats; where none has options, they go unheeded as upstream.
    package static func encodings(
        _ formats: [OutputFormat], options: String?, compresses: Bool
    ) throws(DiskFormatError) -> [ImageEncoding?] {
        let names = formats.map(\.name)
        let hasOptions = names.contains { !ImageEncoding.keys(of: $0).isEmpty }
        return try ImageEncoding.knownEncodings(
            of: names, options: hasOptions ? options ?? "" : "", compression: compresses ? .deflate() : .none)
    }

    /// Fails, in one line, for options of a request that no format can honour.
    package static func validate(_ request: BuildRequest) throws(PlanError) {
        do {
            _ = try encodings(
                request.formats.filter { !$0.isArchive }, options: request.qemuImgOptions,
                compresses: request.compresses)
        } catch { throw PlanError("\(error)", hint: "look at --qemu-img-options") }
    }

    private func isBeside(_ target: FilePath) -> Bool {
        let directory = target.removingLastComponent()
        return Self.device(of: disk) == Self.device(of: directory.isEmpty ? "." : directory)
    }

    private static func device(of path: FilePath) -> UInt64? {
        var status = stat()
        return stat(path.string, &status) == 0 ? UInt64(status.st_dev) : nil
    }

    /// False if the target is on another mount, which may be of the same file system: a container's volume for one.
    private func isMoved(to target: FilePath) throws -> Bool {
        if rename(disk.string, target.string) == 0 { return true }
        guard errno != EXDEV else { return false }
        throw AssemblyError(
            .invalidState, "cannot move '\(disk)' to '\(target)': \(String(cString: strerror(errno)))")
    }

    private func convertWithQemu(_ output: Output, onLine: @escaping @Sendable (String) -> Void) async throws {
        onLine("Converting image using qemu-img convert")
        var arguments = ["convert", "-f", "raw", "-O", output.format.name]
        let own = ImageEncoding.options(options ?? "", of: output.format.name)
        if !own.isEmpty { arguments += ["-o", own] }
        try await runner.check(Command("qemu-img", arguments + [disk.string, output.target.string]), onLine: onLine)
    }
}
