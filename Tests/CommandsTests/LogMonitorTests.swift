import Basics
import Elements
import ImageAssembly
import TestSupport
import Testing

@testable import Commands

@Suite struct LogMonitorTests {
    private func logs(
        of events: [(Double, BuildEvent)], stamped: Bool = true
    ) -> (console: MemorySink, file: MemorySink) {
        let (console, file, clock) = (MemorySink(), MemorySink(), TestClock())
        let monitor = LogMonitor(
            console: console, logfile: file, logPath: "build.log", stampsConsole: stamped, clock: clock.rendering)
        SampleBuild.play(events, to: monitor, clock: clock)
        return (console, file)
    }

    @Test func theConsoleNamesTheSourceWhereItChanges() throws {
        try expectGolden(logs(of: SampleBuild.beginning + SampleBuild.ending).console.text, "log-console.txt")
    }

    @Test func theLogFileNamesTheSourceOnEachLine() throws {
        try expectGolden(logs(of: SampleBuild.beginning + SampleBuild.ending).file.text, "log-file.txt")
    }

    @Test func aFailureEndsTheLogWithItsReport() throws {
        try expectGolden(logs(of: SampleBuild.beginning + SampleBuild.failure).console.text, "log-failure.txt")
    }

    @Test func theConsoleWithoutStampsHasTheSameLines() {
        let events = SampleBuild.beginning + SampleBuild.ending
        let stamped = logs(of: events).console.lines.map { String($0.dropFirst("2026-01-02 03:04:05.006 | ".count)) }
        let bare = logs(of: events, stamped: false)
        #expect(
            bare.console.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
                == stamped)
        #expect(bare.file.lines.allSatisfy { $0.hasPrefix("2026-01-02 03:0") })
    }

    /// Upstream's lines must stand alone after the separator: `grep '| dib-run-parts '` is what people do.
    @Test func upstreamsLinesKeepTheirFormOnBothStreams() {
        let (console, file) = logs(of: SampleBuild.beginning + SampleBuild.ending)
        for line in [
            "Copying hooks for debootstrap", "dib-run-parts Running /tmp/hooks/root.d/08-debootstrap",
            "dib-run-parts 50-devuser completed", "Image file debian.qcow2 created...", "Build completed successfully",
        ] {
            #expect(console.lines.contains { $0.hasSuffix(" | \(line)") }, "\(line)")
            #expect(file.lines.contains { $0.hasSuffix(" | \(line)") }, "\(line)")
        }
        #expect(console.lines.last?.hasSuffix(" | Build completed successfully") == true)
    }

    @Test(
        "variables and --logfile decide what the console gets",
        arguments: [
            ([:], false, true, true),
            (["DIB_QUIET": "1"], false, false, true),
            (["DIB_QUIET": "0"], false, true, true),
            (["DIB_QUIET": ""], false, true, true),
            ([:], true, false, true),
            (["DIB_QUIET": "0"], true, true, true),
            (["DIB_QUIET": "1"], true, false, true),
            (["DIB_NO_TIMESTAMP": "1"], false, true, false),
            (["DIB_NO_TIMESTAMP": "0"], false, true, true),
            (["DIB_NO_TIMESTAMP": "yes"], false, true, true),
        ] as [([String: String], Bool, Bool, Bool)])
    func settings(variables: [String: String], hasLogfile: Bool, prints: Bool, stamps: Bool) {
        let settings = LogSettings(environment: Environment(variables), hasLogfile: hasLogfile)
        #expect([settings.printsToConsole, settings.stampsConsole] == [prints, stamps])
    }
}

@Suite struct ProfileTableTests {
    /// Recorded from diskimage-builder 3.43.0 (`bash lib/dib-run-parts t/install.d`), seconds made equal.
    @Test func isUpstreamsTableToTheByte() {
        let hooks = ["9-a", "10-foo"].map { HookIdentity(element: "e", phase: .install, name: $0) }
        let table = ProfileTable(
            directoryName: "install.d", timings: hooks.map { HookTiming(hook: $0, seconds: 0.003) })
        #expect(
            table.lines == [
                "dib-run-parts ----------------------- PROFILING -----------------------", "dib-run-parts ",
                "dib-run-parts Target: install.d", "dib-run-parts ",
                "dib-run-parts Script                                     Seconds",
                "dib-run-parts ---------------------------------------  ----------", "dib-run-parts ",
                "dib-run-parts 10-foo                                        0.003",
                "dib-run-parts 9-a                                           0.003", "dib-run-parts ",
                "dib-run-parts --------------------- END PROFILING ---------------------",
            ])
    }
}
