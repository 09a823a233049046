package import ArgumentParser

/// `ingot image`: looks at disk images and into them, without changing them.
package struct ImageCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "image",
        abstract:
            "Look at disk images: what is in them, check their structure, compare them, list their data, unpack them, bill them.",
        discussion: """
            Images of all formats that 'ingot convert' knows are read; the format is found from the contents, never from \
            the name. No image is written.
            """,
        subcommands: [
            ImageInfoCommand.self, ImageCheckCommand.self, ImageCompareCommand.self, ImageMapCommand.self,
            ImageExtractCommand.self, ImageBillCommand.self,
        ])

    package init() {}
}
