/// Reads a guest's serial console line by line and decides when the test is over.
///
/// A value: the same lines at the same times give the same verdict, so that every case is a test.
package struct SerialWatch: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        case passed
        /// Nothing better can come: the reason.
        case failed(String)
    }

    private let proof: BootProof
    private let kept: Int
    package private(set) var milestones: [BootTestReport.Milestone] = []
    /// The last lines, oldest first, without terminal control.
    package private(set) var lastLines: [String] = []
    /// The first reason to fail, which may have come too late to be the verdict: a line without an end.
    package private(set) var failure: String?

    package init(proof: BootProof, keeping kept: Int = 25) {
        self.proof = proof
        self.kept = kept
    }

    private static let refusal = "the firmware refused the boot loader: no key that it trusts has signed it"

    /// What a line that means the end says, and what it means; the first that fits counts.
    private static let ends: [(marks: [String], meaning: String)] = [
        (["BdsDxe: failed to load", ": Access Denied"], refusal),
        (["Verification failed: (0x1A) Security Violation"], refusal),
        (["No bootable option or device was found"], "the firmware found nothing to boot"),
        (["UEFI Interactive Shell"], "the firmware found nothing to boot"),
        (["No bootable device"], "the BIOS found nothing to boot"),
        (["Entering rescue mode"], "GRUB did not find its files"),
        (["error: unknown filesystem"], "GRUB did not find its files"),
        (["/normal.mod' not found"], "GRUB did not find its files"),
        (["Minimal BASH-like line editing"], "GRUB found no menu"),
        (["Kernel panic - not syncing"], "the kernel panicked"),
        (["Dropping to a shell!"], "the initramfs did not find the root file system"),
        (["dracut-initqueue timeout"], "the initramfs did not find the root file system"),
        (["You are in emergency mode"], "systemd went into emergency mode"),
        (["can't open '/dev/ttyS0'"], "the guest has no serial port"),
    ]

    package mutating func feed(_ line: String, at seconds: Double) -> Verdict? {
        let verdict = judge(line, at: seconds)
        if case .failed(let reason) = verdict { failure = failure ?? reason }
        return verdict
    }

    private mutating func judge(_ line: String, at seconds: Double) -> Verdict? {
        let plain = Self.withoutTerminalControl(line)
        remember(plain)
        if plain.contains("Welcome to GRUB") || plain.contains("GRUB loading") { reach(.bootLoader, seconds) }
        if plain.contains("Linux version ") { reach(.kernel, seconds) }
        if plain.contains(BootProof.initMark) || plain.contains("systemd[1]: ") { reach(.initialProcess, seconds) }
        if plain.contains(proof.line) {
            reach(.proof, seconds)
            return .passed
        }
        if let seen = Self.firmware(in: plain), seen != proof.evidence.text {
            return .failed("the guest was started by '\(seen)', not by '\(proof.evidence.text)'")
        }
        if let digest = Self.digest(in: plain) {
            return .failed("the guest runs on another root file system, or was asked by another test: \(digest)")
        }
        if let state = plain.firstRange(of: BootProof.stateMark + " ") {
            return .failed("systemd is '\(plain[state.upperBound...].prefix { $0 != ":" })', " + Self.units(plain))
        }
        return Self.ends.first { $0.marks.allSatisfy { plain.contains($0) } }.map { .failed($0.meaning) }
    }

    private mutating func reach(_ name: BootTestReport.Milestone.Name, _ seconds: Double) {
        if milestones.contains(where: { $0.name == name }) { return }
        milestones.append(.init(name: name, seconds: (seconds * 10).rounded() / 10))
    }

    private mutating func remember(_ line: String) {
        // QEMU's own farewell comes from our stopping it.
        if line.allSatisfy(\.isWhitespace) || line.hasPrefix("qemu-system-x86_64: terminating on signal") { return }
        lastLines.append(String(line.prefix(400)))
        if lastLines.count > kept { lastLines.removeFirst() }
    }

    /// A complete answer that is not ours; one that a kernel message cut in two is none.
    private static func digest(in line: String) -> Substring? {
        guard let mark = line.firstRange(of: BootProof.mark + " ") else { return nil }
        let words = line[mark.upperBound...].split(separator: " ")
        guard words.count == 2, words[1].count == 64, words[1].allSatisfy(\.isHexDigit) else { return nil }
        return words[1]
    }

    /// What the guest saw of its firmware; nothing if a kernel message has got into the line.
    private static func firmware(in line: String) -> Substring? {
        guard let mark = line.firstRange(of: BootProof.firmwareMark + " <"), line.hasSuffix(">") else { return nil }
        let text = line[mark.upperBound...].dropLast()
        return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" } ? text : nil
    }

    private static func units(_ line: String) -> String {
        let names = line.drop { $0 != ":" }.dropFirst().split(separator: " ")
        return names.isEmpty ? "with no failed unit" : "failed units: \(names.joined(separator: ", "))"
    }

    /// The line without escape sequences, control characters and what is no UTF-8: firmware and GRUB paint a screen.
    static func withoutTerminalControl(_ line: String) -> String {
        var result = ""
        var rest = line.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "\u{1B}" {
                if rest.first == "[" {
                    rest = rest.dropFirst().drop { !("@"..."~").contains($0) }.dropFirst()
                } else {
                    rest = rest.dropFirst()
                }
            } else if scalar.value >= 32 && scalar != "\u{FFFD}" || scalar == "\t" {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
