import Basics
import BlockDevices

func layout(
    _ yaml: String, size: ByteCount = .gibibytes(2), options: String? = nil, label: String? = nil,
    formatters: FormatterFacts = FormatterFacts(), timestamp: UInt64? = nil, seed: UInt64 = 1
) throws -> BlockDeviceLayout {
    var parameters = buildParameters
    parameters.imageSize = size
    parameters.rootFilesystemOptions = options
    parameters.rootLabel = label
    var generator = SeededGenerator(seed: seed)
    return try BlockDeviceLayout(
        graph(yaml, parameters), formatters: formatters, timestamp: timestamp, using: &generator)
}

/// The error of a layout, or nothing.
func layoutError(_ yaml: String, size: ByteCount = .gibibytes(2)) throws -> String? {
    do {
        _ = try layout(yaml, size: size)
        return nil
    } catch let error as BlockDeviceError {
        return error.message
    }
}

extension BlockDeviceLayout {
    /// All of a layout as text for goldens: sectors, command lines, mounts, fstab.
    var text: String {
        var lines: [String] = []
        for image in images {
            lines.append("image \(image.name) \(image.path) \(image.size.bytes) sector \(image.sectorSize)")
            guard let table = image.table else { continue }
            lines.append("table \(table.label.rawValue) \(table.diskIdentifier)")
            lines += table.sectorLines
        }
        for device in devices {
            lines.append("device \(device.name) \(device.image)+\(device.offset) \(device.size.bytes)")
        }
        for plan in filesystems {
            let environment = plan.command.environment.names.map { "\($0)=\(plan.command.environment[$0] ?? "")" }
            lines.append((environment + plan.command.words(device: "<\(plan.device)>")).joined(separator: " "))
        }
        for mount in mounts where mount.path != nil {
            lines.append("mount <\(mount.device)> \(mount.path ?? "")\(mount.isTrimmed ? " (trim)" : "")")
        }
        return (lines + ["fstab:"]).joined(separator: "\n") + "\n" + fstab
    }
}

extension PartitionTable {
    /// One line per entry: number, kind, first and last sector, type, flag, name.
    var sectorLines: [String] {
        entries.map { entry in
            let last = entry.end / sectorSize - 1
            let flag = entry.isBootable ? " boot" : ""
            let name = entry.name.isEmpty ? "" : " '\(entry.name)' \(entry.identifier)"
            return
                "\(entry.number) \(entry.kind.rawValue) \(entry.start / sectorSize) \(last) \(entry.type)\(flag)\(name)"
        }
    }
}
