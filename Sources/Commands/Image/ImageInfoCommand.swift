package import ArgumentParser
import DiskFormats
import Foundation
import ImageInspection
import SystemPackage

/// `ingot image info`: what an image is, how it is divided, and what is in each part.
package struct ImageInfoCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Say what is inside a disk image: partitions, file systems, boot code, system, kernels.",
        discussion: """
            Nothing is mounted or attached, and no root is needed. Files are read of ext2, ext3, ext4 and of EFI system \
            partitions; of other file systems the label, the identifier and, as a rule, the size and use are known.

            Examples:
              ingot image info disk.qcow2
              ingot image info --json disk.vhd | jq '.partitions[].filesystem.label'
            """)

    @Argument(help: "The image.", completion: .file())
    var image: String

    @Option(name: [.customShort("f"), .long], help: "The image's format instead of a guess.")
    var format: DiskImageFormat?

    @Flag(help: "Print JSON; sizes are bytes.")
    var json = false

    package init() {}

    package func run() throws {
        let description = try ImageInspector(DiskImage(FilePath(image), format: format)).describe()
        try printOutput(json ? Self.json(description) : ImageInfoText(description).text)
    }

    static func json(_ description: ImageDescription) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(description), as: UTF8.self) + "\n"
    }
}
