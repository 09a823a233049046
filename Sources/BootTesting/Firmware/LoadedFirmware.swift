import DiskFormats
import Foundation
package import SystemPackage

/// UEFI firmware in a machine's flash: the code, and a private copy of the variables that goes with the test.
package struct LoadedFirmware: Sendable, Equatable {
    package let code: FilePath
    package let variables: FilePath
    /// Only code in system management mode may write the flash.
    package let isSecure: Bool

    package init(code: FilePath, variables: FilePath, isSecure: Bool) {
        self.code = code
        self.variables = variables
        self.isSecure = isSecure
    }

    /// Copies the variables into `folder`, with the boot entry if there is one.
    init(_ images: FirmwareImages, entry: BootEntry?, in folder: FilePath, attempt: String) throws {
        let template = try Data(contentsOf: URL(fileURLWithPath: images.variables))
        guard var store = VariableStore([UInt8](template)) else {
            throw BootTestError(
                .unsuitableFirmware, attempt, "'\(images.variables)' does not hold the variables of a UEFI firmware",
                hint: "apt-get install --reinstall ovmf")
        }
        for variable in entry?.variables ?? [] where !store.set(variable.name, to: variable.data) {
            throw BootTestError(
                .unsuitableFirmware, attempt, "'\(images.variables)' has no room for a boot entry",
                hint: "apt-get install --reinstall ovmf")
        }
        let copy = folder.appending("variables.fd")
        try writeFile(store.bytes, to: copy)
        self.init(code: FilePath(images.code), variables: copy, isSecure: images.isSecure)
    }
}
