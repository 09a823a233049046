import Basics
import ImageInspection

/// `ingot image info` for people.
struct ImageInfoText {
    private let description: ImageDescription

    init(_ description: ImageDescription) { self.description = description }

    var text: String {
        let facts = self.facts.map { $0.0.padding(to: 12) + Self.printable($0.1) }
        return (facts + (rows.isEmpty ? [] : [""] + Self.table(rows))).joined(separator: "\n") + "\n"
    }

    private var facts: [(String, String)] {
        var lines = [
            ("file", description.file), ("format", description.format),
            ("disk", "\(description.virtualSize) (\(description.virtualSize.bytes) bytes)"),
            ("file size", "\(description.fileSize), \(description.allocatedSize) allocated"),
        ]
        if let table = description.table {
            lines.append(("table", "\(table.label.rawValue) \(table.identifier), sectors of \(table.sectorSize) bytes"))
        } else {
            lines.append(("table", description.tableProblem ?? "none"))
        }
        if let filesystem = description.filesystem {
            lines.append(("filesystem", Self.words(filesystem).filter { !$0.isEmpty }.joined(separator: ", ")))
        }
        if let archive = description.archive {
            lines.append(("contents", "\(archive); 'tar -tvf' or 'file' tells more"))
        }
        if let boot { lines.append(("boot", boot)) }
        for system in description.systems { lines += Self.lines(system) }
        return lines
    }

    private var boot: String? {
        var parts: [String] = []
        if let code = description.boot.bios {
            parts.append("BIOS: \(code)" + (description.boot.coreSector.map { " (core image at sector \($0))" } ?? ""))
        }
        if !description.boot.loaders.isEmpty {
            parts.append("UEFI: " + description.boot.loaders.joined(separator: ", "))
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private static func lines(_ system: ImageDescription.System) -> [(String, String)] {
        let place = system.partition == 0 ? "" : ", partition \(system.partition)"
        var lines: [(String, String)] = []
        if let name = system.name ?? system.identifier { lines.append(("system", name + place)) }
        if !system.kernels.isEmpty { lines.append(("kernel", system.kernels.joined(separator: ", ") + place)) }
        if let problem = system.problem { lines.append(("system", "not known\(place): \(problem)")) }
        return lines
    }

    /// Type, label, size and use, identifier.
    private static func words(_ filesystem: ImageDescription.Filesystem) -> [String] {
        let use = filesystem.size.map { "\(filesystem.used?.description ?? "?") of \($0)" } ?? ""
        return [filesystem.type, filesystem.label ?? "", use, filesystem.identifier ?? ""]
    }

    private var rows: [[String]] {
        if description.partitions.isEmpty { return [] }
        let head = ["#", "start", "size", "type", "name", "filesystem", "label", "used", "uuid"]
        return [head]
            + description.partitions.map { partition in
                let contents = partition.filesystem.map(Self.words) ?? [partition.problem ?? "", "", "", ""]
                let flag = partition.isBootable ? " (bootable)" : ""
                return [
                    "\(partition.number)", "\(partition.start)", "\(partition.size)",
                    (partition.typeName ?? partition.type) + flag, partition.name ?? "",
                ] + contents
            }
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let clean = rows.map { $0.map(printable) }
        let widths = clean[0].indices.map { column in clean.map { $0[column].count }.max() ?? 0 }
        // A column that is empty in every row but the head says nothing.
        let shown = widths.indices.filter { column in clean.dropFirst().contains { !$0[column].isEmpty } }
        return clean.map { row in
            var line = shown.map { row[$0].padding(to: widths[$0] + 2) }.joined()
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Labels and names come from the image: none of their characters may steer a terminal.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value < 32 || (0x7F...0x9F).contains(scalar.value) ? "?" : scalar
                }))
    }
}
