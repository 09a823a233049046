import Basics

/// One partition of a table.
package struct Partition: Hashable, Sendable, Codable {
    package let name: String
    package let base: String
    /// The partition before it in the same table; they are made in this order.
    package let previous: String?
    package let size: PartitionSize
    /// MBR: the active flag.
    ///
    /// Accepted and without effect on GPT, as upstream.
    package let isBootable: Bool
    /// MBR: has a slot of the master boot record, not of the extended partition.
    package let isPrimary: Bool
    /// MBR: type byte as two hexadecimal digits; GPT: type GUID.
    package let type: String
    /// GPT: the document's own PARTUUID, an addition to upstream's keys; else the layout draws one.
    package let uuid: String?

    init(
        _ element: ConfigurationValue, base: String, label: PartitionTable.Label, previous: String?
    ) throws(BlockDeviceError) {
        let reader = try AttributeReader(element: element, of: "partitions")
        name = try reader.text("name", missing: "partition needs a 'name': \(element)")
        self.base = base
        self.previous = previous
        let flags = try reader.words("flags") ?? []
        if label == .gpt, flags.contains("primary") {
            throw reader.error("Primary flag not supported for GPT partitions", at: "flags")
        }
        if let unknown = flags.first(where: { $0 != "boot" && $0 != "primary" }) {
            throw reader.error("Unknown flag: \(unknown)", at: "flags")
        }
        isBootable = label == .mbr && flags.contains("boot")
        isPrimary = flags.contains("primary")
        size = try Self.size(reader, of: name)
        uuid = try Self.uuid(reader, label: label)
        let typeText = try reader.text("type")
        switch label {
        case .mbr: type = try Self.typeByte(typeText ?? "83", reader)
        case .gpt:
            guard let guid = PartitionTypeCode.guid(for: typeText ?? "8300") else {
                throw reader.error(
                    "unknown GPT partition type '\(typeText ?? "")': give sgdisk's code or a GUID", at: "type")
            }
            type = guid
            guard name.utf16.count <= 36 else {
                throw reader.error("name '\(name)' is longer than the 36 characters of a GPT entry", at: "name")
            }
        }
    }

    private static func uuid(
        _ reader: AttributeReader, label: PartitionTable.Label
    ) throws(BlockDeviceError) -> String? {
        guard let uuid = try reader.guid("uuid") else { return nil }
        guard label == .gpt else {
            throw reader.error("a partition of an MBR has no UUID of its own; the table may have a 'uuid'", at: "uuid")
        }
        return uuid
    }

    private static func size(_ reader: AttributeReader, of name: String) throws(BlockDeviceError) -> PartitionSize {
        guard let text = try reader.string("size"), !text.isEmpty else {
            throw reader.error("No size in partition '\(name)'", at: "size")
        }
        guard text.hasSuffix("%") else {
            return .absolute(try reader.size("size") ?? .zero)
        }
        guard let share = RelativeSize(parsing: text), share.percent >= 0 else {
            throw reader.error("size '\(text)' of partition '\(name)' is not a percentage", at: "size")
        }
        return .relative(share)
    }

    /// `83`, `0x83` or `EF` as two lower-case digits; the types of extended partitions are not for asking.
    private static func typeByte(_ text: String, _ reader: AttributeReader) throws(BlockDeviceError) -> String {
        let digits = text.lowercased().hasPrefix("0x") ? String(text.dropFirst(2)) : text
        guard !digits.isEmpty, digits.allSatisfy(\.isHexDigit), let byte = UInt8(digits, radix: 16) else {
            throw reader.error("MBR partition type '\(text)' is not a hexadecimal byte", at: "type")
        }
        guard ![0x00, 0x05, 0x0F, 0x85].contains(byte) else {
            throw reader.error("MBR partition type '\(text)' means 'empty' or 'extended'", at: "type")
        }
        return byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
    }
}
