import Basics
import Testing

@testable import BootTesting

@Suite struct SerialWatchTests {
    private static let proof: BootProof? = {
        var generator = SeededGenerator(seed: 7)
        return try? BootProof(level: .root, hasToken: true, using: &generator)
    }()

    private func feed(_ lines: [String]) throws -> (watch: SerialWatch, verdict: SerialWatch.Verdict?) {
        var watch = SerialWatch(proof: try #require(Self.proof))
        for (index, line) in lines.enumerated() {
            if let verdict = watch.feed(line, at: Double(index)) { return (watch, verdict) }
        }
        return (watch, nil)
    }

    @Test func aWholeBootIsSeenStageByStage() throws {
        let proof = try #require(Self.proof)
        let (watch, verdict) = try feed([
            "SeaBIOS (version 1.16.2)", "\u{1B}[0;30;47mWelcome to GRUB!\r", "[    0.000000] Linux version 6.1.0 (gcc)",
            "[    0.000000] Command line: root=LABEL=x init=/bin/sh -- -c \"echo Zm9v|base64 -d\"",
            "INGOT-BOOT-INIT", "\(proof.line)\r",
        ])
        #expect(verdict == .passed)
        #expect(
            watch.milestones == [
                .init(name: .bootLoader, seconds: 1), .init(name: .kernel, seconds: 2),
                .init(name: .initialProcess, seconds: 4), .init(name: .proof, seconds: 5),
            ])
        #expect(watch.lastLines.prefix(2) == ["SeaBIOS (version 1.16.2)", "Welcome to GRUB!"])
    }

    @Test(arguments: [
        (
            #"BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x0): Access Denied"#,
            "the firmware refused the boot loader: no key that it trusts has signed it"
        ),
        ("BdsDxe: No bootable option or device was found.", "the firmware found nothing to boot"),
        ("UEFI Interactive Shell v2.2", "the firmware found nothing to boot"),
        ("INGOT-BOOT-FIRMWARE <uefi>", "the guest was started by 'uefi', not by 'bios'"),
        ("No bootable device.", "the BIOS found nothing to boot"),
        ("Entering rescue mode...", "GRUB did not find its files"),
        ("error: unknown filesystem.", "GRUB did not find its files"),
        ("error: file `/boot/grub/i386-pc/normal.mod' not found.", "GRUB did not find its files"),
        ("   Minimal BASH-like line editing is supported.", "GRUB found no menu"),
        ("[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs", "the kernel panicked"),
        ("ALERT!  LABEL=x does not exist.  Dropping to a shell!", "the initramfs did not find the root file system"),
        ("You are in emergency mode. After logging in,", "systemd went into emergency mode"),
        (
            "INGOT-BOOT-STATE degraded: a.service b.service ",
            "systemd is 'degraded', failed units: a.service, b.service"
        ),
        ("INGOT-BOOT-STATE stopping: ", "systemd is 'stopping', with no failed unit"),
    ])
    func aHopelessLineEndsTheTest(line: String, reason: String) throws {
        #expect(try feed([line]).verdict == .failed(reason))
    }

    @Test func anotherRunsProofFailsAndNeverPasses() throws {
        var generator = SeededGenerator(seed: 8)
        let other = try BootProof(level: .root, hasToken: true, using: &generator)
        guard case .failed(let reason) = try feed([other.line]).verdict else {
            Issue.record("a foreign proof must fail")
            return
        }
        #expect(reason.hasPrefix("the guest runs on another root file system"))
    }

    /// What is sent to the guest, and a proof that a kernel message cut in two, decide nothing.
    @Test func echoesAndFragmentsDecideNothing() throws {
        let proof = try #require(Self.proof)
        let script = GuestScript.shell(proof)
        let fragment = String(proof.line.dropLast(20)) + "[    9.1] random: crng init done"
        let arguments = KernelArguments(script: script).text
        let noise = [
            "INGOT-BOOT-FIRMWARE <bios>", "INGOT-BOOT-FIRMWARE <ue[    9.1] random: crng init done",
            "sudo: Access Denied",
            #"BdsDxe: failed to load Boot0001 "UEFI DVD": Not Found"#,
        ]
        #expect(try feed([arguments, fragment, proof.nonce, proof.token] + noise).verdict == nil)
        #expect(!script.text.contains(proof.line))
        #expect(!arguments.contains(proof.nonce))
    }

    @Test func onlyTheLastLinesAreKeptAndNoneIsEndless() throws {
        let (watch, _) = try feed((0..<100).map { "line \($0)" } + ["", " \r", String(repeating: "x", count: 9999)])
        #expect(watch.lastLines.count == 25)
        #expect(watch.lastLines.first == "line 76")
        #expect(watch.lastLines.last?.count == 400)
    }

    @Test(arguments: [
        ("plain", "plain"), ("\u{1B}[2;24HGNU GRUB\u{1B}[m", "GNU GRUB"), ("a\u{8}b\r", "ab"), ("\u{1B}c\u{1B}", ""),
        ("\u{1B}[", ""), ("grüße", "grüße"), ("\u{FFFD}\u{FFFD} OK \u{FFFD}", " OK "),
    ])
    func terminalControlIsRemoved(line: String, expected: String) {
        #expect(SerialWatch.withoutTerminalControl(line) == expected)
    }
}
