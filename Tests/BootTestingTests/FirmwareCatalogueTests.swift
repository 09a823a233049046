import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

@Suite struct FirmwareCatalogueTests {
    private func descriptor(_ features: [String], code: String, device: String = "flash") -> String {
        let list = features.map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            {"description": "x", "interface-types": ["uefi"], "mapping": {"device": "\(device)",
             "executable": {"filename": "\(code)", "format": "raw"},
             "nvram-template": {"filename": "\(code)", "format": "raw"}},
             "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}], "features": [\(list)], "tags": []}
            """
    }

    private let secure = ["acpi-s3", "enrolled-keys", "requires-smm", "secure-boot"]

    /// Two folders of descriptors, the first of which goes before; a file named `present` exists.
    private func withCatalogue(
        _ files: [String: String], _ body: (FirmwareCatalogue, _ present: String) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            let folders = [scratch.appending("etc"), scratch.appending("usr")]
            for folder in folders {
                try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            }
            let present = scratch.appending("present.fd").string
            try Data().write(to: URL(fileURLWithPath: present))
            for (name, text) in files {
                let file = URL(fileURLWithPath: scratch.appending(FilePath(name).components).string)
                try Data(text.replacing("PRESENT", with: present).utf8).write(to: file)
            }
            try body(FirmwareCatalogue(folders: folders), present)
        }
    }

    @Test func eachFirmwareIsFoundByWhatItCanDo() async throws {
        let files = [
            "usr/30-bios.json": "{}", "usr/20-broken.json": "no JSON",
            "usr/40-enrolled.json": descriptor(secure, code: "PRESENT"),
            "usr/50-empty.json": descriptor(["secure-boot", "requires-smm"], code: "/other"),
            "usr/55-memory.json": descriptor([], code: "/other", device: "memory"),
            "usr/60-plain.json": descriptor(["acpi-s3"], code: "PRESENT"),
        ]
        try await withCatalogue(files) { (catalogue: FirmwareCatalogue, present: String) throws in
            let plain = FirmwareImages(code: present, variables: present, isSecure: false)
            #expect(try catalogue.images(for: .uefi, attempt: "try") == plain)
            let secure = FirmwareImages(code: present, variables: present, isSecure: true)
            #expect(try catalogue.images(for: .secureBoot, attempt: "try") == secure)
        }
    }

    @Test func anAdministratorsDescriptorHidesThePackages() async throws {
        let files = [
            "etc/60-plain.json": descriptor([], code: "PRESENT"), "usr/60-plain.json": descriptor([], code: "/other"),
        ]
        try await withCatalogue(files) { (catalogue: FirmwareCatalogue, present: String) throws in
            #expect(try catalogue.images(for: .uefi, attempt: "try").code == present)
        }
    }

    @Test func missingFirmwareIsSaidWithWhatToInstall() async throws {
        try await withCatalogue(["usr/60-plain.json": descriptor([], code: "/nonexistent.fd")]) {
            (catalogue: FirmwareCatalogue, _: String) throws in
            let plain = #expect(throws: BootTestError.self) { try catalogue.images(for: .uefi, attempt: "try") }
            #expect(plain?.reason.hasSuffix("usr/60-plain.json' names '/nonexistent.fd', which cannot be read") == true)
            let secure = #expect(throws: BootTestError.self) {
                try catalogue.images(for: .secureBoot, attempt: "boot-test 'x'")
            }
            #expect(
                secure?.description == "cannot boot-test 'x': no UEFI firmware with Secure Boot and enrolled keys for "
                    + "QEMU is installed\nhint: apt-get install ovmf")
        }
    }

    @Test func flashWithoutVariablesIsRefused() async throws {
        try await withScratchDirectory { folder in
            let file = folder.appending("code.fd").string
            try Data(count: 4096).write(to: URL(fileURLWithPath: file))
            let images = FirmwareImages(code: file, variables: file, isSecure: false)
            let error = #expect(throws: BootTestError.self) {
                try LoadedFirmware(images, entry: nil, in: folder, attempt: "try")
            }
            #expect(error?.kind == .unsuitableFirmware)
        }
    }
}
