import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

@Suite struct KernelArgumentsTests {
    /// With the longest evidence there is.
    private func proof(_ level: BootTestRequest.Level = .root) throws -> BootProof {
        var generator = SeededGenerator(seed: 1)
        let evidence = FirmwareEvidence(.secureBoot, bootEntry: BootEntry.number)
        return try BootProof(level: level, hasToken: true, evidence: evidence, using: &generator)
    }

    @Test func theImagesOwnArgumentsStayUnlessTheyHideOrOverrule() throws {
        let arguments = KernelArguments(script: GuestScript(text: "abc"))
        #expect(
            try arguments.appended(to: "root=LABEL=x ro  console=tty0 quiet splash init=/bin/other -- single")
                == #"root=LABEL=x ro console=tty0 console=ttyS0,115200 init=/bin/sh -- -c "mountpoint -q /run||mount -t "#
                + #"tmpfs run /run;echo YWJj|base64 -d>/run/ingot-boot;. /run/ingot-boot""#)
    }

    /// Neither GRUB nor the kernel nor an initramfs may find anything to interpret in the script's form.
    @Test(arguments: 0..<16) func theScriptSurvivesEveryParserInBetween(padding: Int) throws {
        let text = String(repeating: "x", count: padding) + "$a \"b\" 'c' \\ *"
        let base64 = GuestScript(text: text).base64
        #expect(base64.allSatisfy { $0.isLetter || $0.isNumber || "+/".contains($0) })
        let decoded = Data(base64Encoded: base64).map { String(decoding: $0, as: UTF8.self) }
        #expect(decoded?.trimmingCharacters(in: .newlines) == text)
    }

    @Test(arguments: BootTestRequest.Level.allCases)
    func bothLevelsFitIntoAKernelsCommandLine(level: BootTestRequest.Level) throws {
        let script = try level == .root ? GuestScript.shell(proof(level)) : .system(proof(level))
        let image = "root=LABEL=cloudimg-rootfs ro console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset"
        #expect(try KernelArguments(script: script).appended(to: Substring(image)).utf8.count < 1900)
    }

    @Test func argumentsThatAKernelWouldCutOffAreRefused() {
        let own = Substring(String(repeating: "a=b ", count: 500))
        let error = #expect(throws: BootTestError.self) {
            try KernelArguments(script: GuestScript(text: "")).appended(to: own)
        }
        #expect(error?.kind == .unsuitableImage)
    }

    /// The guest's half of the secret, run by a real shell: it prints what the host expects, and nothing else does.
    @Test(.requires(.tool("sha256sum")), .timeLimit(.minutes(1)), arguments: [true, false])
    func theShellScriptComputesTheProof(hasToken: Bool) async throws {
        try await withScratchDirectory { folder in
            let (proof, output) = try answer(FirmwareEvidence(.bios), hasToken: hasToken, in: folder)
            #expect(output == "INGOT-BOOT-INIT\n\nINGOT-BOOT-FIRMWARE <bios>\n\(proof.line)\n")
        }
    }

    /// A guest reads what started it from files that the kernel makes; here they are made for it.
    @Test(
        .requires(.tool("sha256sum")), .timeLimit(.minutes(1)),
        arguments: [
            (FirmwareEvidence(.uefi), 0), (FirmwareEvidence(.uefi), nil), (FirmwareEvidence(.secureBoot), 1),
            (FirmwareEvidence(.uefi, bootEntry: 0x494E), 0), (FirmwareEvidence(.secureBoot, bootEntry: 0x494E), 1),
        ] as [(FirmwareEvidence, UInt8?)])
    func theShellScriptKnowsWhatStartedIt(evidence: FirmwareEvidence, secureBoot: UInt8?) async throws {
        try await withScratchDirectory { folder in
            let variables = folder.appending("efi/efivars").string
            try FileManager.default.createDirectory(atPath: variables, withIntermediateDirectories: true)
            func set(_ name: String, _ data: [UInt8]) throws {
                let file = "\(variables)/\(name)-8be4df61-93ca-11d2-aa0d-00e098032b8c"
                try Data([6, 0, 0, 0] + data).write(to: URL(fileURLWithPath: file))
            }
            if let secureBoot { try set("SecureBoot", [secureBoot]) }
            try set("BootCurrent", [0x4E, 0x49])
            let (proof, output) = try answer(evidence, hasToken: true, in: folder)
            let lines = output.split(separator: "\n").filter { !$0.hasPrefix("od: ") }
            #expect(lines == ["INGOT-BOOT-INIT", "INGOT-BOOT-FIRMWARE <\(evidence.text)>", Substring(proof.line)])
        }
    }

    private func answer(
        _ evidence: FirmwareEvidence, hasToken: Bool, in folder: FilePath
    ) throws -> (proof: BootProof, output: String) {
        var generator = SeededGenerator(seed: 3)
        let proof = try BootProof(level: .root, hasToken: hasToken, evidence: evidence, using: &generator)
        let token = folder.appending("token").string
        if hasToken { try Data(proof.token.utf8).write(to: URL(fileURLWithPath: token)) }
        let script = GuestScript.shell(proof).text.replacing(BootProof.tokenPath, with: token)
            .replacing("/sys/firmware/efi", with: "\(folder)/efi").replacing("m efivarfs $e\n", with: "")
            .replacing("while :; do", with: "for i in 1; do").replacing("sleep 1", with: ":")
        return (proof, try runTool("sh", ["-c", script]).output)
    }

    @Test(arguments: BootTestRequest.Level.allCases)
    func scriptsAreValidShell(level: BootTestRequest.Level) throws {
        let proof = try proof(level)
        for script in [GuestScript.shell(proof), .system(proof), .seed(proof, level: level)] {
            let result = try runTool("sh", ["-n", "-c", script.text])
            #expect(result.status == 0, "\(result.output)")
        }
    }
}
