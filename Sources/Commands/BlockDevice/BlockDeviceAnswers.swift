import BlockDevices

/// What a state dump says about the devices of a disk, be it ours or upstream's.
struct BlockDeviceAnswers {
    /// In the order they were made.
    private let devices: [(name: String, path: String, image: String?)]

    init(_ dump: ConfigurationValue) {
        devices =
            dump.mapping?["blockdev"]?.mapping?.pairs.compactMap { name, value in
                guard let device = value.mapping?["device"]?.scalar?.text else { return nil }
                return (name, device, value.mapping?["image"]?.scalar?.text)
            } ?? []
    }

    func value(of symbol: BlockDeviceSymbol) throws -> String {
        switch symbol {
        case .imagePath: try main.image ?? ""
        case .imageBlockDevice: try main.path
        case .imageBlockDevices: BlockDeviceSymbol.imageBlockDevices(devices.map { ($0.name, $0.path) })
        case .rootLabel, .rootFilesystemType, .bootLabel, .mountPoints: ""
        }
    }

    private var main: (name: String, path: String, image: String?) {
        get throws {
            guard let device = devices.first(where: { $0.name == "image0" }) else {
                throw BlockDeviceError(.symbol, "there is no device 'image0'")
            }
            return device
        }
    }
}
