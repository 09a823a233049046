package import ArgumentParser
import DiskFormats
import Foundation
import ImageExtraction
import LinuxOS
import SystemPackage

/// `ingot image extract IMAGE DIRECTORY`: the files of the system in an image, as a tree.
package struct ImageExtractCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Unpack the operating system in an image into a directory.",
        discussion: """
            Takes disk images of all formats, with a partition table or without, tar archives and squashfs; each may be \
            compressed by gzip, xz, zstd or bzip2. The root is the file system with os-release(5); those that its fstab \
            names come along, and the EFI system partition. Owners, modes, times, hard links, devices, attributes, access \
            control lists and holes are kept; labels of SELinux are not. ext2, ext3, ext4 and FAT are read without a mount, \
            other file systems are mounted read-only for a moment. Only root may do it.

            Examples:
              ingot image extract disk.qcow2 tree
              ingot image extract --partition 3 disk.vmdk tree
            """)

    @Argument(help: "The image.", completion: .file())
    var image: String

    @Argument(help: "Where the tree goes; made if it is missing, else what is there stays or is replaced.")
    var directory: String

    @Option(name: [.customShort("f"), .long], help: "The image's format instead of a guess.")
    var format: DiskImageFormat?

    @Option(help: "The number of the partition with the root instead of a search.")
    var partition: Int?

    package init() {}

    package func run() async throws {
        let scratch = try TemporaryDirectory.create(in: Self.temporaryFolder, prefix: "ingot-extract.")
        let extractor = ImageExtractor(
            FilePath(image), format: format, to: FilePath(directory), partition: partition, scratch: scratch.path)
        let report: ImageExtractor.Report
        do { report = try await extractor.run() } catch {
            try? scratch.remove()
            throw error
        }
        try scratch.remove()
        for warning in report.warnings { printError("warning: \(warning)") }
        printOutput(report.lines.map { "\($0)\n" }.joined())
    }

    /// Where builds put what is large for a while.
    private static var temporaryFolder: FilePath {
        let environment = ProcessInfo.processInfo.environment
        return FilePath(environment["TMPDIR"] ?? environment["TMP_DIR"] ?? "/tmp")
    }
}
