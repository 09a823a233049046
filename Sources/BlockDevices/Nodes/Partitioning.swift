package import Basics

/// A partition table on an image file.
///
/// Not a node of the graph: its partitions are.
package struct Partitioning: Hashable, Sendable, Codable {
    package let name: String
    /// The image file it is written to.
    package let base: String
    package let label: PartitionTable.Label
    /// Where partitions may start; MBR only, GPT always aligns to 1 MiB.
    package let alignment: UInt64
    package let partitions: [Partition]
    /// The document's own identifier of the table, an addition to upstream's keys; else the layout draws one.
    ///
    /// GPT: a GUID; MBR: eight hexadecimal digits.
    package let uuid: String?

    /// The entries of a GPT header, 128 of which every tool makes room for.
    private static let gptEntryLimit = 128
    /// Slots of the partition table in a master boot record.
    private static let mbrSlotCount = 4
    private static let sector: UInt64 = 512

    init(_ entry: ConfigurationEntry) throws(BlockDeviceError) {
        let reader = AttributeReader(entry)
        name = try reader.name()
        base = try reader.text("base", missing: "Partitioning config needs 'base'")
        guard let elements = try reader.list("partitions") else {
            throw reader.error("Partitioning config needs 'partitions'", at: "partitions")
        }
        let labelText = try reader.text("label", missing: "Partitioning config needs 'label'")
        guard let label = PartitionTable.Label(rawValue: labelText) else {
            throw reader.error("Label must be 'mbr' or 'gpt'", at: "label")
        }
        self.label = label
        alignment = try reader.size("align")?.bytes ?? 1 << 20
        guard label == .gpt || (alignment > 0 && alignment % Self.sector == 0 && alignment <= 1 << 32) else {
            throw reader.error("'align' must be a multiple of 512 bytes, not \(alignment)", at: "align")
        }
        uuid = try Self.identifier(reader, label: label)
        var partitions: [Partition] = []
        for element in elements {
            partitions.append(
                try Partition(element, base: base, label: label, previous: partitions.last?.name))
        }
        self.partitions = partitions
        var used: Set<String> = []
        for (index, partition) in partitions.enumerated() {
            guard let uuid = partition.uuid, !used.insert(uuid).inserted else { continue }
            throw BlockDeviceError(
                .node, "uuid '\(uuid)' used more than once",
                at: elements[index].location.appending(key: "uuid", line: nil))
        }
        switch label {
        case .mbr: try Self.checkSlots(of: elements, partitions: partitions)
        case .gpt:
            guard partitions.count <= Self.gptEntryLimit else {
                throw reader.error(
                    "a GPT holds \(Self.gptEntryLimit) partitions, not \(partitions.count)", at: "partitions")
            }
        }
    }

    private static func identifier(
        _ reader: AttributeReader, label: PartitionTable.Label
    ) throws(BlockDeviceError) -> String? {
        guard label == .mbr else { return try reader.guid("uuid") }
        guard let text = try reader.text("uuid")?.lowercased() else { return nil }
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
        guard digits.count == 8, let number = UInt32(digits, radix: 16), number != 0 else {
            throw reader.error("uuid '\(text)' of an MBR is not eight hexadecimal digits", at: "uuid")
        }
        return digits
    }

    /// Upstream writes a fifth entry over the boot signature; here it is refused.
    private static func checkSlots(
        of elements: [ConfigurationValue], partitions: [Partition]
    ) throws(BlockDeviceError) {
        let firstLogical = partitions.firstIndex { !$0.isPrimary }
        for (index, partition) in partitions.enumerated() {
            if partition.isPrimary, let firstLogical, index > firstLogical {
                throw BlockDeviceError(
                    .node, "All primary partitions must be given first",
                    at: elements[index].location.appending(key: "flags", line: nil))
            }
            let isInMasterBootRecord = partition.isPrimary || index == firstLogical
            guard isInMasterBootRecord, index >= mbrSlotCount else { continue }
            throw BlockDeviceError(
                .node,
                "an MBR holds 4 primary partitions, one of them taken by the logical ones: "
                    + "'\(partition.name)' is one too many", at: elements[index].location)
        }
    }
}
