/// A file of QEMU's firmware catalogue: which flash images are for which machine, and what they can do.
///
/// Specified by `docs/interop/firmware.json` of QEMU; every distribution's OVMF package ships some.
struct FirmwareDescriptor: Decodable, Sendable, Equatable {
    struct File: Decodable, Sendable, Equatable {
        let filename: String
        let format: String?
    }

    struct Mapping: Decodable, Sendable, Equatable {
        let device: String
        let executable: File?
        let nvramTemplate: File?

        enum CodingKeys: String, CodingKey {
            case device
            case executable
            case nvramTemplate = "nvram-template"
        }
    }

    struct Target: Decodable, Sendable, Equatable {
        let architecture: String
        let machines: [String]
    }

    let interfaceTypes: [String]
    let mapping: Mapping
    let targets: [Target]
    let features: [String]

    enum CodingKeys: String, CodingKey {
        case interfaceTypes = "interface-types"
        case mapping
        case targets
        case features
    }

    /// The flash images, if they are what this firmware needs on the machine of our tests (q35).
    func images(for firmware: Firmware) -> FirmwareImages? {
        guard interfaceTypes.contains("uefi"), mapping.device == "flash",
            targets.contains(where: { $0.architecture == "x86_64" && $0.machines.contains { $0.contains("q35") } }),
            let code = mapping.executable, let variables = mapping.nvramTemplate,
            code.format ?? "raw" == "raw", variables.format ?? "raw" == "raw", serves(firmware)
        else { return nil }
        return FirmwareImages(code: code.filename, variables: variables.filename, isSecure: firmware == .secureBoot)
    }

    private func serves(_ firmware: Firmware) -> Bool {
        switch firmware {
        case .bios: false
        case .uefi: !features.contains("secure-boot") && !features.contains("requires-smm")
        case .secureBoot:
            ["secure-boot", "enrolled-keys", "requires-smm"].allSatisfy(features.contains)
        }
    }
}

/// The two flash images of a UEFI firmware as its package installed them.
struct FirmwareImages: Sendable, Equatable {
    let code: String
    /// The template of the variables; a machine gets a copy.
    let variables: String
    let isSecure: Bool
}
