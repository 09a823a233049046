import DiskFormats

/// The secret of one test run, and the line that only a guest which has it, and computes, can print.
///
/// The kernel and GRUB echo what they are given, so nothing that is sent to the guest may count as an answer: the answer is
/// the SHA-256 of it, and of what the guest itself sees of its firmware. `token` is a second secret, written into the root file system of the throw-away copy: who does not
/// run on that file system cannot know it.
package struct BootProof: Sendable, Equatable {
    package let nonce: String
    package let token: String
    /// What the guest must find out about the firmware that started it.
    package let evidence: FirmwareEvidence
    /// What the guest has to print.
    package let line: String

    /// Where the token is written, and read by the guest.
    package static let tokenPath = "/.ingot-boot-token"
    package static let mark = "INGOT-BOOT-PROOF"
    package static let initMark = "INGOT-BOOT-INIT"
    package static let stateMark = "INGOT-BOOT-STATE"
    package static let firmwareMark = "INGOT-BOOT-FIRMWARE"

    /// `hasToken` is false for file systems that cannot be written offline; the guest then finds no token file.
    package init(
        level: BootTestRequest.Level, hasToken: Bool, evidence: FirmwareEvidence = FirmwareEvidence(.bios),
        using generator: inout some RandomNumberGenerator
    ) throws {
        nonce = Self.secret(using: &generator)
        token = hasToken ? Self.secret(using: &generator) : ""
        self.evidence = evidence
        line = "\(Self.mark) \(level.rawValue) \(try sha256(of: "\(nonce) \(token) \(evidence.text)"))"
    }

    /// For an initial ramdisk, whose question goes another way.
    package init(_ ramdisk: RamdiskProof) {
        nonce = ""
        token = RamdiskProof.tokenPath
        evidence = FirmwareEvidence(.bios)
        line = "\(Self.mark) \(BootTestRequest.Level.ramdisk.rawValue) \(ramdisk.answer)"
    }

    private static func secret(using generator: inout some RandomNumberGenerator) -> String {
        String((0..<32).map { _ in Array("0123456789abcdef")[Int.random(in: 0..<16, using: &generator)] })
    }
}
