package import ArgumentParser

/// `ingot element-data`: what hooks of our elements ask of the data files of a build's elements.
///
/// Upstream's elements do this with Python scripts of their own; ours are shell alone.
package struct ElementDataCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "element-data",
        abstract: "Read the data files of a build's elements, for their hooks.",
        discussion: "Hooks that run outside the image call this; the build is known from its environment.",
        subcommands: [PackageInstallsCommand.self, PackageMapCommand.self, ServiceMapCommand.self])

    package init() {}
}
