import Basics

/// What fstab finds a filesystem by.
struct FilesystemSources {
    let images: [ImageFile]
    let devices: [DeviceWindow]

    /// By label or UUID as the document wants; by its partition where the type has neither.
    func source(
        of filesystem: Filesystem, uuid: String, entry: FstabEntry?, locations: [String: ConfigurationLocation]
    ) throws(BlockDeviceError) -> String {
        guard filesystem.type.hasIdentifiers else {
            return partitionIdentifier(of: filesystem.base).map { "PARTUUID=\($0)" } ?? ""
        }
        guard let entry, entry.source == .uuid else { return "LABEL=\(filesystem.label)" }
        guard uuid.isEmpty else { return "UUID=\(uuid)" }
        throw BlockDeviceError(
            .layout, "fstab cannot name '\(filesystem.name)' by UUID: nobody can give a \(filesystem.type) one",
            at: locations[entry.name]?.appending(key: "source", line: nil))
    }

    /// As the kernel writes it: a GPT's entries have their own, those of an MBR its identifier and two digits.
    private func partitionIdentifier(of device: String) -> String? {
        guard let window = devices.first(where: { $0.name == device }), let number = window.partitionNumber,
            let table = images.first(where: { $0.name == window.image })?.table
        else { return nil }
        if table.label == .gpt { return table.entries.first { $0.number == number }?.identifier.lowercased() }
        let digits = String(number, radix: 16)
        return "\(table.diskIdentifier)-\(digits.count < 2 ? "0" : "")\(digits)"
    }
}
