package import ArgumentParser
import Basics
import DiskFormats
import Foundation
import SystemPackage

/// `ingot convert IN OUT`: writes a disk image anew in other formats, on all processors and reading it once.
package struct ConvertCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert a disk image to other formats.",
        discussion: """
            The input's format is found from its contents, never from its name. With one output format OUT is the file; with \
            several, which are made in one pass, it is the beginning of their names: OUT.qcow2, OUT.vhd. Outputs are written \
            beside their places and renamed when all are complete, so a failure leaves no half image, and an older file as \
            it was. The input is never overwritten.

            Formats: qcow2, raw, vhd (vpc: the same with its size rounded to cylinders), vmdk, vdi, vhdx.

            Examples:
              ingot convert disk.raw disk.qcow2
              ingot convert -O vmdk disk.qcow2 disk.vmdk
              ingot convert -O vhd -o subformat=fixed disk.qcow2 azure.vhd
              ingot convert -O qcow2,vhd,raw --checksum disk.vmdk release
              ingot convert --compression zstd:9 -o cluster_size=128k disk.raw disk.qcow2
            """)

    @Argument(help: "The image to read.", completion: .file())
    var input: String

    @Argument(help: "The image to write, or how the names of several begin.", completion: .file())
    var output: String

    @Option(
        name: [.customShort("f"), .long],
        help:
            "The input's format instead of a guess; give it for raw disks of others, who may have forged the contents.")
    var inputFormat: DiskImageFormat?

    @Flag(help: "Read the files below a qcow2 overlay too. It names files of this machine: only for your own images.")
    var allowBacking = false

    @Option(
        name: [.customShort("O"), .long],
        help: "The output's format, or several with commas between; qcow2 unless OUT is named after another.")
    var outputFormat: String?

    @Option(help: "How to compress: none, deflate or zstd, and a level if wanted (zstd:9). VMDK has deflate alone.")
    var compression = CompressionArgument(compression: .deflate())

    @Option(
        name: [.customShort("o"), .long],
        help: "Options as for qemu-img: key=value,… Each goes to the formats that have one of that name.")
    var options = ""

    @Flag(help: "Write NAME.md5 and NAME.sha256 beside every output.")
    var checksum = false

    @Option(help: "Threads that compress; by default one per processor.")
    var threads: Int?

    package init() {}

    private var formats: [String] {
        (outputFormat ?? "qcow2").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    package func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
        let ending = FilePath(output).extension ?? ""
        if outputFormat == nil, ending != "qcow2", ImageEncoding.names.contains(ending) {
            throw ValidationError(
                "'\(output)' is not the name of a qcow2 image; say '-O \(ending)', or '-O qcow2' if it is to be one")
        }
        for format in formats where !ImageEncoding.names.contains(format) {
            let known = ImageEncoding.names.joined(separator: ", ")
            throw ValidationError("unknown output format '\(format)'; choose from \(known)")
        }
        guard Set(formats).count == formats.count else { throw ValidationError("-O names a format twice") }
        do { _ = try encodings() } catch { throw ValidationError("\(error)") }
    }

    private func encodings() throws -> [ImageEncoding] {
        try ImageEncoding.encodings(of: formats, options: options, compression: compression.compression)
    }

    package func run() throws {
        let image = try DiskImage(
            FilePath(input), format: inputFormat, backing: allowBacking ? .allowed() : .refused)
        let paths = formats.count == 1 ? [output] : formats.map { "\(output).\($0)" }
        let encodings = try encodings()
        try refuseOverwriting(image, encodings, by: paths)
        let (summaries, digests) = try withAtomicOutputs(to: paths.map { FilePath($0) }) { temporaries in
            try UnfinishedFiles.removingWhenInterrupted(temporaries) {
                try write(image, to: zip(temporaries, encodings).map { ImageOutput(path: $0, encoding: $1) })
            }
        }
        for (path, digest) in zip(paths, digests) { try digest.writeFiles(beside: path) }
        for (path, summary) in zip(paths, summaries) { printOutput("\(path): \(summary)\n") }
    }

    /// Neither what is read may be replaced, nor what an output builds on.
    private func refuseOverwriting(_ image: DiskImage, _ encodings: [ImageEncoding], by paths: [String]) throws {
        let folder = FilePath(output).removingLastComponent()
        let below = try encodings.flatMap { try $0.backingFiles(from: folder) }
        let suffixes = checksum ? ["", ".md5", ".sha256"] : [""]
        for path in paths.flatMap({ path in suffixes.map { FilePath(path + $0) } }) {
            if try image.contents.files.contains(where: { try $0.isSame(as: path) }) {
                throw DiskFormatError(.invalidRequest, "write '\(path)'", "it is the input, or below it")
            }
            if try below.contains(where: { try $0.isSame(as: path) }) {
                throw DiskFormatError(.invalidRequest, "write '\(path)'", "it is the backing file")
            }
        }
    }

    private func write(_ image: DiskImage, to outputs: [ImageOutput]) throws -> ([ImageSummary], [FileDigest]) {
        let writer = ImageWriter(threadCount: threads ?? availableProcessorCount())
        let progress = ProgressLine(output)
        defer { progress?.erase() }
        func show(_ fraction: Double) { progress?.show(fraction) }
        let isRaw = outputs.map { $0.encoding == .raw }
        guard checksum else {
            return (try writer.write(image.contents, source: image.file, to: outputs, progress: show), [])
        }
        let files = outputs.filter { $0.encoding != .raw }.map(\.path)
        guard isRaw.contains(true) else {
            let summaries = try writer.write(image.contents, source: image.file, to: outputs, progress: show)
            return (summaries, try FileDigest.compute(ofEach: files))
        }
        // A raw file's checksums are those of the disk, which the pass knows; only the others are read again.
        let (summaries, contents) = try writer.writeWithDigest(
            image.contents, source: image.file, to: outputs, progress: show)
        var others = try FileDigest.compute(ofEach: files)[...]
        return (summaries, isRaw.compactMap { $0 ? contents : others.popFirst() })
    }
}

extension FileDigest {
    /// `NAME.md5` and `NAME.sha256`, in the form that `md5sum -c` reads.
    fileprivate func writeFiles(beside path: String) throws {
        for (suffix, hex) in [("md5", md5), ("sha256", sha256)] {
            try withAtomicOutput(to: FilePath("\(path).\(suffix)")) { temporary in
                try "\(hex)  \(path)\n".write(toFile: temporary.string, atomically: false, encoding: .utf8)
            }
        }
    }
}
