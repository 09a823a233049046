import Basics
import Foundation
import ImageAssembly
import SystemPackage
import TestSupport
import Testing

@testable import Commands

private struct Stop: Error {}

@Suite struct BuildDisplayTests {
    private func display(
        _ style: BuildDisplay.Style, _ variables: [String: String] = [:], logfile: String? = nil, sink: MemorySink,
        clock: TestClock, onTerminal: Bool = false
    ) -> BuildDisplay {
        var display = BuildDisplay(
            style: style, environment: Environment(variables), imageName: "out/debian", elements: ["vm"],
            logfile: logfile)
        display.output = sink
        display.clock = clock.rendering
        if onTerminal { display.terminal = Terminal(hasColours: false, hasUnicode: false) { .fallback } }
        return display
    }

    private func text(_ path: FilePath) throws -> String { try String(contentsOfFile: path.string, encoding: .utf8) }

    @Test func aLogfileMakesTheConsoleQuietAndIsAppendedTo() async throws {
        try await withScratchDirectory { directory in
            let (sink, clock, path) = (MemorySink(), TestClock(), directory.appending("build.log"))
            try Data("before\n".utf8).write(to: URL(fileURLWithPath: path.string))
            let display = display(.log, logfile: path.string, sink: sink, clock: clock)
            try await display.run { $0.receive(.output(line: "hello", source: .engine)) }
            #expect(sink.text == "Output logs going to: \(path)\n")
            #expect(try text(path) == "before\n2026-01-02 03:04:05.006 | hello\n")
        }
    }

    @Test func jsonOnTheConsoleAndALogfileGoTogether() async throws {
        try await withScratchDirectory { directory in
            let (sink, clock, path) = (MemorySink(), TestClock(), directory.appending("build.log"))
            let display = display(.json, logfile: path.string, sink: sink, clock: clock)
            try await display.run { $0.receive(.warning("hm")) }
            #expect(sink.text == "{\"time\":\"2026-01-02T03:04:05.006Z\",\"event\":\"warning\",\"message\":\"hm\"}\n")
            #expect(try text(path) == "2026-01-02 03:04:05.006 | WARNING: hm\n")
        }
    }

    @Test func aLiveBuildWritesItsWholeOutputToALogAndMasksSecrets() async throws {
        try await withScratchDirectory { directory in
            let (sink, clock) = (MemorySink(), TestClock())
            let variables = ["XDG_CACHE_HOME": directory.string, "MY_TOKEN": "sesame"]
            let display = display(.automatic, variables, sink: sink, clock: clock, onTerminal: true)
            await #expect(throws: Stop.self) {
                try await display.run { monitor in
                    SampleBuild.play(SampleBuild.beginning, to: monitor, clock: clock)
                    monitor.receive(.output(line: "token is sesame", source: .hook(SampleBuild.users)))
                    throw Stop()
                }
            }
            let logs = directory.appending("ingot/logs")
            let names = try FileManager.default.contentsOfDirectory(atPath: logs.string)
            #expect(names.count == 1 && names[0].hasPrefix("20260102-030405-debian-"))
            let log = try text(logs.appending(names[0]))
            #expect(log.hasSuffix("| devuser install/50-devuser: token is ***\n"))
            #expect(log.contains("I: Retrieving InRelease"))
            #expect(!sink.text.contains("sesame"))
            var emulator = TerminalEmulator(columns: 300)
            emulator.feed(sink.text)
            #expect(emulator.screen.contains("Full log: \(logs.appending(names[0]))\n"))
            #expect(!emulator.screen.contains("[3/4]"), "the live area is gone after an error")
            #expect(TimingStore(environment: Environment(variables))?.load() != .empty)
        }
    }

    @Test(
        "only an undisturbed terminal is drawn on",
        arguments: [
            ([:], true, true), ([:], false, false), (["break": "after-error"], true, false),
            (["DIB_DEBUG_TRACE": "1"], true, false), (["DIB_DEBUG_TRACE": "0"], true, true),
            (["DIB_QUIET": "1"], true, false),
        ] as [([String: String], Bool, Bool)])
    func live(variables: [String: String], onTerminal: Bool, expected: Bool) {
        let display = display(.automatic, variables, sink: MemorySink(), clock: TestClock(), onTerminal: onTerminal)
        #expect(display.isLive == expected)
    }

    @Test func onlyTheLatestLogsAreKept() async throws {
        try await withScratchDirectory { directory in
            let logs = BuildLogs(directory: directory)
            for index in 0..<30 {
                let time = Timestamp(milliseconds: Int64(index) * 1000)
                let path = try logs.newLog(image: "a/b", at: time, salt: 35)
                try Data().write(to: URL(fileURLWithPath: path.string))
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted()
            #expect(names.count == BuildLogs.kept)
            #expect(names.first == "19700101-000010-b-z.log" && names.last == "19700101-000029-b-z.log")
        }
    }

    @Test func aReaderThatLeftDoesNotEndTheProcess() throws {
        try withSignalIgnored {
            let ends = try FileDescriptor.pipe()
            try ends.readEnd.close()
            let sink = DescriptorSink(ends.writeEnd, isOwned: true)
            sink.write("lost")
            sink.write("lost too")
        }
    }

    /// The program ignores SIGPIPE at start; a test must do so for itself.
    private func withSignalIgnored(_ body: () throws -> Void) rethrows {
        let old = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, old) }
        try body()
    }
}
