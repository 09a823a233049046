/// What can be asked about a disk by name: the symbols of `dib-block-device getval` (compat-blockdevice section 14).
package enum BlockDeviceSymbol: String, CaseIterable, Hashable, Sendable {
    case rootLabel = "root-label"
    case rootFilesystemType = "root-fstype"
    case bootLabel = "boot-label"
    case mountPoints = "mount-points"
    case imagePath = "image-path"
    case imageBlockDevice = "image-block-device"
    case imageBlockDevices = "image-block-devices"

    /// Whether the document alone has the answer; the others exist only after devices were created.
    package var isOfDocument: Bool {
        switch self {
        case .rootLabel, .rootFilesystemType, .bootLabel, .mountPoints: true
        case .imagePath, .imageBlockDevice, .imageBlockDevices: false
        }
    }

    /// Every block device by node name, in order of creation, in the form that hooks `eval` into a bash array.
    ///
    /// One blank before and one behind each: scripts in the field have seen no other form.
    package static func imageBlockDevices(_ devices: [(name: String, path: String)]) -> String {
        devices.map { " [\($0.name)]=\($0.path) " }.joined()
    }
}

extension BlockDeviceConfiguration {
    /// The answer to a question about the document, as it is written there; parameters must have been merged in.
    package func value(of symbol: BlockDeviceSymbol) throws(BlockDeviceError) -> String {
        switch symbol {
        case .rootLabel: try rootAttribute("label")
        case .rootFilesystemType: try rootAttribute("type")
        case .bootLabel:
            if let filesystem = filesystem(mountedAt: "/boot") {
                filesystem.attributes["label"]?.text ?? filesystem.name
            } else {
                ""
            }
        case .mountPoints: entries.compactMap(mountPoint(of:)).joined(separator: "|")
        case .imagePath, .imageBlockDevice, .imageBlockDevices:
            throw BlockDeviceError(.symbol, "'\(symbol.rawValue)' is known only after 'create'")
        }
    }

    private func mountPoint(of entry: ConfigurationEntry) -> String? {
        entry.type == .mount ? entry.attributes["mount_point"]?.text : nil
    }

    private func filesystem(mountedAt path: String) -> ConfigurationEntry? {
        let mount = entries.first { mountPoint(of: $0) == path }
        guard let base = mount?.attributes["base"]?.text else { return nil }
        return entries.first { $0.type == .mkfs && $0.name == base }
    }

    private func rootAttribute(_ key: String) throws(BlockDeviceError) -> String {
        guard let filesystem = filesystem(mountedAt: "/") else {
            throw BlockDeviceError(.symbol, "no filesystem is mounted at '/'")
        }
        guard let value = filesystem.attributes[key], !value.isNull else {
            throw BlockDeviceError(
                .symbol, "root filesystem '\(filesystem.name)' must state its '\(key)'", at: filesystem.location)
        }
        return value.text
    }
}
