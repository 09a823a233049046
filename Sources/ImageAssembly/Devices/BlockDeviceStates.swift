import Basics
package import BlockDevices
import Foundation
import LinuxOS
package import SystemPackage

/// What block-device commands and hooks leave for each other: the files in `<build-dir>/states/block-device/`
/// (compat-blockdevice section 15).
///
/// | file | content |
/// |---|---|
/// | `config.json` | the layout, flattened, with the build's parameters |
/// | `state.json` | what exists, in upstream's form and order, for whoever reads it |
/// | `nodes.json` | the same as an `ActiveDisk`, for `umount`, `cleanup` and `delete`; upstream has a pickle |
/// | `fstab` | the image's |
package struct BlockDeviceStates: Sendable {
    package let directory: FilePath

    private var configurationPath: FilePath { directory.appending("config.json") }
    private var statePath: FilePath { directory.appending("state.json") }
    private var nodesPath: FilePath { directory.appending("nodes.json") }
    private var fstabPath: FilePath { directory.appending("fstab") }

    /// Makes the directory if it is missing, as every command of upstream's does.
    package init(buildDirectory: FilePath) throws {
        directory = buildDirectory.appending("states").appending("block-device")
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
    }

    /// Gives the path of the file.
    @discardableResult
    package func write(_ configuration: BlockDeviceConfiguration) throws -> FilePath {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(configuration), to: configurationPath)
        return configurationPath
    }

    package func configuration() throws -> BlockDeviceConfiguration {
        guard let text = text(of: configurationPath) else {
            throw BlockDeviceError(.symbol, "'\(configurationPath)' cannot be read: run 'init' first")
        }
        return try BlockDeviceConfiguration(yaml: text)
    }

    /// Notes what exists, for readers.
    package func describe(_ disk: ActiveDisk) throws {
        try AtomicFile.write((disk.stateDump.text + "\n").utf8, to: statePath)
    }

    /// Notes what exists, for readers and for the commands that release it.
    package func save(_ disk: ActiveDisk) throws {
        try describe(disk)
        try AtomicFile.write(JSONEncoder().encode(disk), to: nodesPath)
    }

    /// The disks that `create` has left; nothing if there are none.
    package func disk() throws -> ActiveDisk? {
        guard let text = text(of: nodesPath) else { return nil }
        return try JSONDecoder().decode(ActiveDisk.self, from: Data(text.utf8))
    }

    /// What readers see: also of disks that the build itself has made.
    package func stateDump() throws -> ConfigurationValue {
        guard let text = text(of: statePath) else { throw BlockDeviceError(.symbol, "State dump not found") }
        // JSON is YAML, and this parser keeps the order of keys, which is the order of creation.
        return try ConfigurationValue(yaml: text)
    }

    /// Writes the fstab here, and into the tree over the distribution's.
    package func writeFstab(_ fstab: String, tree: FilePath) throws {
        try AtomicFile.write(fstab.utf8, to: fstabPath)
        let root = try ConfinedRoot(tree)
        _ = try root.makeDirectory("/etc")
        let file = try root.open(
            "/etc/fstab", .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(fstab.utf8) }
    }

    package func remove() throws { try TreeRemoval.remove(directory) }

    private func text(of path: FilePath) -> String? { try? String(contentsOfFile: path.string, encoding: .utf8) }
}
