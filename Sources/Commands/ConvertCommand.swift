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
            beside their places and renamed when all are complete, so a failure leaves no half image.

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

    @Option(name: [.customShort("O"), .long], help: "The output's format, or several with commas between.")
    var outputFormat = "qcow2"

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
        outputFormat.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    package func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
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
        let image = try DiskImage(FilePath(input), format: inputFormat)
        let paths = formats.count == 1 ? [output] : formats.map { "\(output).\($0)" }
        let writer = ImageWriter(threadCount: threads ?? availableProcessorCount())
        let encodings = try encodings()
        let (summaries, digests) = try withAtomicOutputs(to: paths.map { FilePath($0) }) { temporaries in
            let outputs = zip(temporaries, encodings).map { ImageOutput(path: $0, encoding: $1) }
            let summaries = try writer.write(image.contents, source: image.file, to: outputs)
            return (summaries, try checksum ? FileDigest.compute(ofEach: temporaries) : [])
        }
        for (path, digest) in zip(paths, digests) { try digest.writeFiles(beside: path) }
        for (path, summary) in zip(paths, summaries) { printOutput("\(path): \(summary)\n") }
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

/// `none`, `deflate`, `zstd`, with an optional `:LEVEL`.
struct CompressionArgument: ExpressibleByArgument, CustomStringConvertible {
    let compression: ClusterCompression

    init(compression: ClusterCompression) { self.compression = compression }

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        let level = parts.count == 2 ? Int(parts[1]) : nil
        switch (parts.first, parts.count, level) {
        case ("none", 1, _): compression = .none
        case ("deflate", 1, _): compression = .deflate()
        case ("zstd", 1, _): compression = .zstd()
        case ("deflate", 2, .some(let level)): compression = .deflate(level: level)
        case ("zstd", 2, .some(let level)): compression = .zstd(level: level)
        default: return nil
        }
    }

    var description: String {
        switch compression {
        case .none: "none"
        case .deflate(let level): "deflate:\(level)"
        case .zstd(let level): "zstd:\(level)"
        }
    }
}

extension DiskImageFormat: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }
}
