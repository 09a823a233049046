import ArgumentParser
import Testing

@testable import BootTesting
@testable import Commands

@Suite struct BootTestCommandTests {
    private func report(passed: Bool, level: BootTestRequest.Level = .root, verified: Bool = true) -> BootTestReport {
        BootTestReport(
            image: "a.qcow2", level: level, firmware: passed ? .uefi : .bios, sectorSize: passed ? 4096 : 512,
            accelerator: .tcg, passed: passed,
            failure: passed ? nil : "the kernel panicked",
            milestones: [.init(name: .bootLoader, seconds: 0.5), .init(name: .kernel, seconds: 4)], seconds: 9.5,
            rootIsVerified: verified, lastLines: passed ? [] : ["one", "two"], log: passed ? nil : "/var/tmp/x.log")
    }

    @Test(
        arguments: [
            (.root, true, "a shell on the image's root file system"), (.root, false, "a shell on a root file system"),
            (.system, true, "a running system without failed units"),
        ] as [(BootTestRequest.Level, Bool, String)])
    func aPassedTestSaysWhatWasProven(level: BootTestRequest.Level, verified: Bool, goal: String) {
        #expect(
            BootTestText.summary(report(passed: true, level: level, verified: verified))
                == "a.qcow2: boot test passed: \(goal) (uefi, sectors of 4096 bytes, tcg, "
                + "boot-loader 0.5 s, kernel 4.0 s)\n")
    }

    @Test func aFailedTestShowsTheEndOfTheConsole() {
        #expect(
            BootTestText.summary(report(passed: false)) == """
                a.qcow2: boot test failed after 9.5 s: the kernel panicked (bios, tcg, boot-loader 0.5 s, kernel 4.0 s)
                the last lines of its console:
                    one
                    two
                the whole log: /var/tmp/x.log

                """)
    }

    @Test func theJSONFormHasTheNamesOfTheStages() throws {
        let text = try BootTestText.json(report(passed: false))
        for part in [#""name" : "boot-loader""#, #""passed" : false"#, #""accelerator" : "tcg""#] {
            #expect(text.contains(part))
        }
    }

    @Test(arguments: [
        [], ["a", "--initrd", "i"], ["a", "--append", "x"], ["a", "--seed", "--kernel", "k"], ["a", "--timeout", "0"],
        ["a", "--memory", "1"], ["a", "--level", "login"], ["a", "--firmware", "efi"],
        ["a", "--sector-size", "1024"], ["a", "--firmware", "bios", "--efi-loader", "x"],
        ["a", "--kernel", "k", "--efi-loader", "x"],
    ])
    func contradictionsAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try BootTestCommand.parse(arguments) }
    }

    @Test func theUsualCommandLinesParse() throws {
        for line in [
            ["a"], ["a", "--kernel", "k", "--initrd", "i", "--append", "ro"], ["a", "--seed", "--level", "system"],
            ["a", "--firmware", "secure-boot", "--efi-loader", "EFI/debian/shimx64.efi", "--sector-size", "4096"],
        ] {
            _ = try BootTestCommand.parse(line)
        }
    }
}
