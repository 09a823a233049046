package import Basics

/// A command line that makes a filesystem, but for the device, and what its environment must have.
///
/// Every feature is stated: an image must not depend on the configuration or the version of the build host's mkfs.
package struct FormatCommand: Hashable, Sendable, Codable {
    package let program: String
    /// Without the device, which comes last; for squashfs and erofs without the tree, too.
    package let arguments: [String]
    /// Variables over those of the build.
    package let environment: Environment

    package init(program: String, arguments: [String], environment: Environment = Environment()) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// The whole line for a device, a loop device or a plain file.
    package func words(device: String) -> [String] { [program] + arguments + [device] }
}

/// Where a filesystem is made and with which tools.
struct FormatSite {
    let window: DeviceWindow?
    /// Of the device, if it is known.
    let size: ByteCount?
    let sectorSize: UInt64
    let formatters: FormatterFacts
    /// Seconds since 1970 that go into the filesystem instead of the clock.
    let timestamp: UInt64?
}

extension FilesystemPlan {
    /// Draws a UUID and a seed whether they are needed or not.
    init(_ filesystem: Filesystem, site: FormatSite, using generator: inout some RandomNumberGenerator) {
        let drawn = randomUUID(using: &generator)
        let seed = randomUUID(using: &generator)
        let uuid: String
        let command: FormatCommand
        switch filesystem.type.family {
        case .ext:
            uuid = filesystem.uuid ?? drawn
            command = .ext(filesystem, uuid: uuid, hashSeed: seed, site: site)
        case .xfs:
            uuid = filesystem.uuid ?? drawn
            command = .xfs(filesystem, uuid: uuid, site: site)
        case .fat:
            let digits = (filesystem.uuid ?? String(drawn.prefix(8)).uppercased()).replacing("-", with: "")
            uuid = "\(digits.prefix(4))-\(digits.suffix(4))"
            command = .fat(filesystem, volumeIdentifier: digits, site: site)
        case .btrfs:
            uuid = filesystem.uuid ?? drawn
            command = .btrfs(filesystem, uuid: uuid)
        case .swap:
            uuid = filesystem.uuid ?? drawn
            command = FormatCommand(program: "mkswap", arguments: ["-L", filesystem.label, "-U", uuid])
        case .squashfs:
            uuid = ""
            command = .squashfs(filesystem, site: site)
        case .erofs:
            uuid = filesystem.uuid ?? drawn
            command = .erofs(filesystem, uuid: uuid, site: site)
        case .other:
            uuid = ""
            command = FormatCommand(
                program: "mkfs",
                arguments: ["-t", filesystem.type.name] + filesystem.options + ["-L", filesystem.label])
        }
        self.init(
            name: filesystem.name, device: filesystem.base, window: site.window, type: filesystem.type,
            label: filesystem.type.hasIdentifiers ? filesystem.label : "", uuid: uuid, options: filesystem.options,
            command: command)
    }
}
