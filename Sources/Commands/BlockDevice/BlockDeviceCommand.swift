package import ArgumentParser
package import Basics
import BlockDevices
import Foundation
import SystemPackage

/// `dib-block-device`: upstream's helper for scripts that ask about a build's disk (compat-blockdevice section 1).
///
/// Only what works without devices: `init`, which checks and flattens the layout, and `getval`. The disk itself is
/// made and released by the build, which does not come through here.
package struct BlockDeviceCommand: OutcomeCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dib-block-device",
        abstract: "Check a block-device layout, or print a value of it.",
        discussion: """
            init            check the layout that the parameters name, and write it flattened
            getval SYMBOL   print one of root-label, root-fstype, boot-label, mount-points, image-path, \
            image-block-device, image-block-devices
            """,
        shouldDisplay: false)

    @Option(
        help: ArgumentHelp("The parameters of the build (YAML); else DIB_BLOCK_DEVICE_PARAMS_YAML.", valueName: "file"))
    package var params: String?

    @Argument(help: "init or getval.")
    package var verb: String?

    @Argument(help: "What getval prints.")
    package var symbol: String?

    package init() {}

    package func outcome(environment: Environment) -> ToolOutcome {
        guard let path = params ?? environment.nonEmpty("DIB_BLOCK_DEVICE_PARAMS_YAML") else {
            return usage("DIB_BLOCK_DEVICE_PARAMS_YAML or --params not set")
        }
        switch (verb, symbol) {
        case ("init", nil): break
        case ("getval", .some): break
        case ("getval", nil): return usage("the following arguments are required: symbol")
        case ("create", nil), ("umount", nil), ("cleanup", nil), ("delete", nil), ("writefstab", nil):
            return ToolOutcome(
                diagnostics: "error: '\(verb ?? "")' is not available: the build makes and releases its disk itself\n",
                status: 1)
        default: return usage("give one of: init, getval")
        }
        return ToolOutcome.of {
            let state = try BlockDeviceState(parametersAt: FilePath(path), environment: environment)
            guard let symbol else { return (output: "", warnings: [try state.initialise()]) }
            guard let known = BlockDeviceSymbol(rawValue: symbol) else {
                // Upstream's order: the state is opened before the symbol is looked at.
                _ = try state.devices()
                return (output: "", warnings: ["Invalid symbol [\(symbol)] for getval"])
            }
            return (output: try state.value(of: known) + "\n", warnings: [])
        }
    }

    private func usage(_ message: String) -> ToolOutcome {
        ToolOutcome(diagnostics: "usage: \(Self.usageString())\nerror: \(message)\n", status: 2)
    }
}
