/// What a boot test found.
package struct BootTestReport: Sendable, Equatable, Codable {
    /// A stage that the serial console gave away, and when.
    package struct Milestone: Sendable, Equatable, Codable {
        package enum Name: String, Sendable, Codable, CaseIterable {
            case bootLoader = "boot-loader"
            case kernel
            case initialProcess = "init"
            case proof
        }

        package let name: Name
        /// Since QEMU was started.
        package let seconds: Double
    }

    package let image: String
    package let level: BootTestRequest.Level
    package let firmware: Firmware
    package let sectorSize: UInt64
    package let accelerator: QemuMachine.Accelerator
    package let passed: Bool
    /// Why it failed; nil when it passed.
    package let failure: String?
    package let milestones: [Milestone]
    package let seconds: Double
    /// The root file system was recognised by a file written into the throw-away copy of the image.
    package let rootIsVerified: Bool
    /// The end of the serial log, when the test failed.
    package let lastLines: [String]
    /// Where the whole serial log is, if it was kept.
    package let log: String?
}
