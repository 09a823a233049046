package import ArgumentParser
import Basics
import DiskFormats
import SystemPackage

/// `ingot convert IN OUT`: writes a disk image anew in another format, on all processors.
package struct ConvertCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert a disk image to another format.",
        discussion: """
            The input's format is found from its contents. The output is written beside its place and renamed when it is \
            complete, so a failure leaves no half image.
            """)

    @Argument(help: "The image to read.", completion: .file())
    var input: String

    @Argument(help: "The image to write.", completion: .file())
    var output: String

    @Option(name: [.customShort("f"), .long], help: "The input's format (qcow2, raw) instead of a guess.")
    var inputFormat: DiskImageFormat?

    @Option(name: [.customShort("O"), .long], help: "The output's format (qcow2, raw).")
    var outputFormat: DiskImageFormat = .qcow2

    @Option(help: "How to compress a qcow2 image: none, deflate or zstd, and a level if wanted (zstd:9).")
    var compression = CompressionArgument(compression: .deflate())

    @Option(name: [.customShort("o"), .long], help: "Options of a qcow2 image as for qemu-img: key=value,…")
    var options = ""

    @Option(help: "Threads that compress; by default one per processor.")
    var threads: Int?

    package init() {}

    package func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
    }

    package func run() throws {
        let image = try DiskImage(FilePath(input), format: inputFormat)
        try withAtomicOutput(to: FilePath(output)) { temporary in
            switch outputFormat {
            case .qcow2: try writeQcow2(image, to: temporary)
            case .raw: try RawImageCopy().write(image.contents, source: image.file, to: temporary)
            default: throw ValidationError("images of format \(outputFormat.rawValue) are read only")
            }
        }
    }

    private func writeQcow2(_ image: DiskImage, to path: FilePath) throws {
        let options = try Qcow2Options(qemuImgOptions: options, compression: compression.compression)
        let writer = Qcow2Writer(options, threadCount: threads ?? availableProcessorCount())
        let summary = try writer.write(image.contents, source: image.file, to: path)
        print("\(output): \(summary)")
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

extension DiskImageFormat: ExpressibleByArgument {}
