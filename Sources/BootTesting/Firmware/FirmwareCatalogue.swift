import Foundation
import SystemPackage

/// The UEFI firmware that is installed for QEMU, found by the descriptors that its packages leave.
struct FirmwareCatalogue: Sendable {
    /// Folders of descriptors; a file hides one of the same name in a later folder.
    let folders: [FilePath]

    /// As QEMU's specification orders them.
    static let usual = FirmwareCatalogue(
        folders: ["/etc/qemu/firmware", "/usr/local/share/qemu/firmware", "/usr/share/qemu/firmware"])

    /// The first fitting firmware in the order of the file names, whose flash images can be read.
    func images(for firmware: Firmware, attempt: String) throws(BootTestError) -> FirmwareImages {
        var missing: String?
        for file in descriptors {
            guard let data = FileManager.default.contents(atPath: file.string),
                let descriptor = try? JSONDecoder().decode(FirmwareDescriptor.self, from: data),
                let images = descriptor.images(for: firmware)
            else { continue }
            guard
                let absent = [images.code, images.variables].first(where: {
                    !FileManager.default.isReadableFile(atPath: $0)
                })
            else {
                return images
            }
            missing = missing ?? "'\(file)' names '\(absent)', which cannot be read"
        }
        let kind = firmware == .secureBoot ? "UEFI firmware with Secure Boot and enrolled keys" : "UEFI firmware"
        throw BootTestError(
            .missingTool, attempt, missing ?? "no \(kind) for QEMU is installed", hint: "apt-get install ovmf")
    }

    private var descriptors: [FilePath] {
        var found: [String: FilePath] = [:]
        for folder in folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
            for name in names where name.hasSuffix(".json") && found[name] == nil {
                found[name] = folder.appending(name)
            }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }
}
