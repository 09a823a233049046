import Basics
import BlockDevices
import Foundation
import SystemPackage

/// The files that block-device commands leave for each other, `<build-dir>/states/block-device/`.
struct BlockDeviceState {
    /// A device of the disk, as `create` noted it.
    struct Device {
        let name: String
        let path: String
        /// The image file, if it is a whole disk.
        let image: String?
    }

    private let file: BlockDeviceParametersFile
    private let parameters: BlockDeviceParameters
    private let directory: FilePath

    init(parametersAt path: FilePath, environment: Environment) throws {
        do {
            file = try BlockDeviceParametersFile(yaml: String(contentsOfFile: path.string, encoding: .utf8))
        } catch {
            throw BlockDeviceError(.document, "Failed to open parameter YAML '\(path)': \(Self.reason(of: error))")
        }
        var parameters = file.parameters
        parameters.sectorSize = environment.nonEmpty("DIB_BLOCK_SIZE").flatMap { UInt64($0) }
        self.parameters = parameters
        guard let build = parameters.buildDirectory else {
            throw BlockDeviceError(.document, "'\(path)' has no 'build-dir'")
        }
        directory = FilePath(build).appending("states").appending("block-device")
    }

    /// Checks the layout, down to its sizes if they are known, and writes it flattened; gives the line of the log.
    func initialise() throws -> String {
        guard let path = file.configuration else {
            throw BlockDeviceError(.document, "the parameters have no 'config'")
        }
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw BlockDeviceError(
                .document, "cannot read block device configuration '\(path)': \(Self.reason(of: error))")
        }
        let configuration = try BlockDeviceConfiguration(yaml: text).merging(parameters)
        let graph = try BlockDeviceGraph(configuration, parameters: parameters)
        if parameters.imageSize != nil {
            var generator = SystemRandomNumberGenerator()
            _ = try BlockDeviceLayout(graph, using: &generator)
        }
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let target = directory.appending("config.json")
        try encoder.encode(configuration).write(to: URL(filePath: target.string), options: .atomic)
        return "Wrote final block device config to [\(target)]"
    }

    func value(of symbol: BlockDeviceSymbol) throws -> String {
        switch symbol {
        case .rootLabel, .rootFilesystemType, .bootLabel, .mountPoints: try configuration().value(of: symbol)
        case .imagePath: try mainDevice().image ?? ""
        case .imageBlockDevice: try mainDevice().path
        case .imageBlockDevices: BlockDeviceSymbol.imageBlockDevices(try devices().map { ($0.name, $0.path) })
        }
    }

    private func configuration() throws -> BlockDeviceConfiguration {
        let path = directory.appending("config.json")
        guard let text = try? String(contentsOfFile: path.string, encoding: .utf8) else {
            throw BlockDeviceError(.symbol, "'\(path)' cannot be read: run 'init' first")
        }
        return try BlockDeviceConfiguration(yaml: text)
    }

    /// What exists of the disk, in the order it was made.
    func devices() throws -> [Device] {
        let path = directory.appending("state.json")
        guard let text = try? String(contentsOfFile: path.string, encoding: .utf8) else {
            throw BlockDeviceError(.symbol, "State dump not found")
        }
        // JSON is YAML, and this parser keeps the order of keys, which is the order of creation.
        let devices = try ConfigurationValue(yaml: text).mapping?["blockdev"]?.mapping
        return devices?.pairs.compactMap { name, value in
            guard let device = value.mapping?["device"]?.scalar?.text else { return nil }
            return Device(name: name, path: device, image: value.mapping?["image"]?.scalar?.text)
        } ?? []
    }

    private func mainDevice() throws -> Device {
        guard let device = try devices().first(where: { $0.name == "image0" }) else {
            throw BlockDeviceError(.symbol, "there is no device 'image0'")
        }
        return device
    }

    private static func reason(of error: any Error) -> String {
        (error as? BlockDeviceError)?.description ?? (error as NSError).localizedDescription
    }
}
