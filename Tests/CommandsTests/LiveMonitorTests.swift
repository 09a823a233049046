import Basics
import Elements
import Foundation
import ImageAssembly
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// A live monitor on an emulated terminal.
private struct LiveStage {
    let sink = MemorySink()
    let clock = TestClock()
    let monitor: LiveMonitor
    private let size: Window

    final class Window: Sendable {
        private let value: Mutex<TerminalSize>
        init(_ size: TerminalSize) { value = Mutex(size) }
        var now: TerminalSize {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    init(
        columns: Int = 80, rows: Int = 24, colours: Bool = false, unicode: Bool = true, store: TimingStore? = nil,
        elements: [String] = ["debian-minimal", "vm"]
    ) {
        let window = Window(TerminalSize(columns: columns, rows: rows))
        size = window
        let terminal = Terminal(hasColours: colours, hasUnicode: unicode) { window.now }
        monitor = LiveMonitor(
            sink: sink, terminal: terminal, elements: elements, store: store, logPath: "/tmp/build.log",
            clock: clock.rendering)
    }

    func play(_ events: [(Double, BuildEvent)]) { SampleBuild.play(events, to: monitor, clock: clock) }

    func tick(after seconds: Double) {
        clock.advance(seconds)
        monitor.tick()
    }

    func resize(columns: Int) { size.now.columns = columns }

    var screen: String {
        var emulator = TerminalEmulator(columns: size.now.columns)
        emulator.feed(sink.text)
        #expect(emulator.unknown.isEmpty)
        return emulator.screen
    }
}

@Suite struct LiveMonitorTests {
    @Test func aRunningBuildShowsStepHookAndLastLine() throws {
        let stage = LiveStage()
        stage.play(SampleBuild.beginning)
        stage.tick(after: 65)
        try expectGolden(stage.screen, "live-running.txt")
    }

    @Test func aRunningStepWithProgressShowsABar() throws {
        let stage = LiveStage()
        stage.play(
            SampleBuild.beginning
                + SampleBuild.ending.prefix { event in
                    if case .artifact = event.1 { false } else { true }
                })
        stage.tick(after: 0)
        try expectGolden(stage.screen, "live-progress.txt")
    }

    @Test func aFinishedBuildLeavesOneLineForEachStep() throws {
        let stage = LiveStage()
        stage.play(SampleBuild.beginning + SampleBuild.ending)
        stage.monitor.close()
        try expectGolden(stage.screen, "live-finished.txt")
    }

    @Test func aFailedBuildEndsWithItsReport() throws {
        let stage = LiveStage(unicode: false)
        stage.play(SampleBuild.beginning + SampleBuild.failure)
        stage.monitor.close()
        try expectGolden(stage.screen, "live-failure-ascii.txt")
    }

    @Test func coloursAreOnlySentWhenAllowed() throws {
        let plain = LiveStage(colours: false)
        plain.play(SampleBuild.beginning + SampleBuild.failure)
        #expect(!plain.sink.text.contains(/\u{1B}\[[0-9;]*m/))
        let coloured = LiveStage(colours: true)
        coloured.play(SampleBuild.beginning + SampleBuild.failure)
        #expect(coloured.sink.text.contains("\u{1B}[1;31m"))
        #expect(coloured.screen == plain.screen)
    }

    @Test func closingMidwayClearsTheLiveAreaAndEndsDrawing() {
        let stage = LiveStage()
        stage.play(SampleBuild.beginning)
        let finished = stage.screen.split(separator: "\n").prefix { !$0.hasPrefix("[") }
        stage.monitor.close()
        let closed = stage.screen
        #expect(closed == finished.map { $0 + "\n" }.joined())
        stage.tick(after: 5)
        stage.monitor.receive(.warning("late"))
        stage.monitor.close()
        #expect(stage.screen == closed)
    }

    @Test("the live area fits any window", arguments: [(20, 24), (40, 10), (80, 24), (80, 5), (200, 60)])
    func fits(columns: Int, rows: Int) {
        let stage = LiveStage(columns: columns, rows: rows)
        stage.play(SampleBuild.beginning)
        stage.monitor.receive(.output(line: String(repeating: "日本 long ", count: 60), source: .hook(SampleBuild.users)))
        stage.tick(after: 1)
        let live = stage.screen.split(separator: "\n").drop { !$0.hasPrefix("[3/4]") }
        #expect(live.count == (rows < 8 ? 1 : 3))
        #expect(live.allSatisfy { TerminalText.width(String($0)) < columns }, "\(live)")
    }

    @Test func aNarrowedWindowLeavesNoRemains() {
        let stage = LiveStage(columns: 100)
        stage.play(SampleBuild.beginning)
        stage.monitor.tick()
        var emulator = TerminalEmulator(columns: 100)
        emulator.feed(stage.sink.text)
        let before = stage.sink.text
        emulator.resize(columns: 50)
        stage.resize(columns: 50)
        stage.tick(after: 1)
        emulator.feed(String(stage.sink.text.dropFirst(before.count)))
        #expect(emulator.screen.split(separator: "\n").filter { $0.hasPrefix("[3/4]") }.count == 1)
        #expect(emulator.screen.split(separator: "\n").filter { $0.contains("hook 2/2") }.count == 1)
    }

    @Test func floodedOutputIsDrawnTenTimesASecondAtMost() {
        let stage = LiveStage()
        stage.play(SampleBuild.beginning)
        let before = stage.sink.text.count
        for index in 0..<10_000 {
            stage.clock.advance(0.0001)
            stage.monitor.receive(.output(line: "line \(index)", source: .hook(SampleBuild.users)))
        }
        #expect(stage.sink.text.count - before < 15 * 400)
    }

    @Test func theNextBuildKnowsHowLongTheLastOneTook() async throws {
        try await withScratchDirectory { directory in
            let store = TimingStore(path: directory.appending("cache/ingot/timings.json"))
            let first = LiveStage(store: store)
            first.play(SampleBuild.beginning + SampleBuild.ending)
            #expect(!first.screen.contains("left"))
            first.monitor.close()

            let second = LiveStage(store: store, elements: ["vm", "debian-minimal"])
            second.play(Array(SampleBuild.beginning.prefix(7)))
            second.tick(after: 6.1)
            #expect(second.screen.contains("00:06, about 00:27 left"))
            #expect(second.screen.contains("(usually 21.1 s)"))

            let other = LiveStage(store: store, elements: ["ubuntu", "vm"])
            other.play(Array(SampleBuild.beginning.prefix(7)))
            other.tick(after: 1)
            #expect(!other.screen.contains("left"))
            #expect(other.screen.contains("(usually 21.1 s)"))
        }
    }
}

@Suite struct TimingTests {
    private let key = TimingHistory.key(elements: ["vm", "debian-minimal"])

    private var history: TimingHistory {
        var history = TimingHistory.empty
        history.record(steps: ["a": 10, "b": 20, "c": 5], hooks: ["e root/1-x": 9, "e root/2-y": 0.5], in: key)
        return history
    }

    @Test(
        "what is left is the rest of this step and all later ones",
        arguments: [
            (0, 0, nil, 35), (0, 4, nil, 31), (0, 12, nil, 25), (1, 5, nil, 20), (2, 100, nil, 0),
            (1, 10, 0.5, 15), (1, 10, 0.01, 15), (1, 30, 1, 5), (3, 0, nil, 0),
        ] as [(Int, Double, Double?, Double)])
    func remaining(current: Int, elapsed: Double, progress: Double?, expected: Double) {
        let estimate = TimeEstimate(history: history, key: key)
        #expect(
            estimate.remaining(steps: ["a", "b", "c", "new"], current: current, elapsed: elapsed, progress: progress)
                == expected)
    }

    @Test func anUnknownKindOfBuildHasNoEstimate() {
        let estimate = TimeEstimate(history: history, key: "other")
        #expect(estimate.remaining(steps: ["a"], current: 0, elapsed: 0, progress: nil) == nil)
        #expect(estimate.usual(hook: "e root/1-x") == 9)
        #expect(estimate.usual(hook: "e root/2-y") == nil)
        #expect(estimate.usual(hook: "e root/3-z") == nil)
    }

    @Test func oldKindsOfBuildsAreForgottenFirst() {
        var history = TimingHistory.empty
        for index in 0..<50 { history.record(steps: ["s": Double(index)], hooks: [:], in: "build \(index)") }
        #expect((0..<50).filter { history.knows("build \($0)") } == Array(10..<50))
        history.record(steps: [:], hooks: [:], in: "nothing measured")
        #expect(history.knows("build 10"))
    }

    @Test(
        "a file that is missing, foreign or broken counts as empty",
        arguments: [nil, "", "{", "[]", "{\"version\":2,\"builds\":{}}", "{\"version\":1}", "\u{0}"] as [String?])
    func badFiles(content: String?) async throws {
        try await withScratchDirectory { directory in
            let path = directory.appending("timings.json")
            if let content { try Data(content.utf8).write(to: URL(fileURLWithPath: path.string)) }
            let store = TimingStore(path: path)
            #expect(store.load() == .empty)
            store.save(history)
            #expect(store.load() == history)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["timings.json"])
        }
    }

    @Test func aStoreThatCannotBeWrittenIsNoError() {
        let store = TimingStore(path: "/proc/none/timings.json")
        store.save(history)
        #expect(store.load() == .empty)
    }

    @Test(
        "the file is where XDG says",
        arguments: [
            (["XDG_CACHE_HOME": "/c", "HOME": "/h"], "/c/ingot/timings.json"),
            (["XDG_CACHE_HOME": "relative", "HOME": "/h"], "/h/.cache/ingot/timings.json"),
            (["HOME": "/h"], "/h/.cache/ingot/timings.json"), ([:], nil),
        ] as [([String: String], String?)])
    func place(variables: [String: String], path: String?) {
        #expect(TimingStore(environment: Environment(variables))?.path.string == path)
    }
}

@Suite struct TerminalTests {
    @Test(
        "a locale says whether letters beyond ASCII can be shown",
        arguments: [
            (["LANG": "C.UTF-8"], true), (["LANG": "de_DE.utf8"], true), (["LANG": "C"], false), ([:], false),
            (["LANG": "C.UTF-8", "LC_ALL": "C"], false), (["LC_CTYPE": "en_US.UTF-8"], true),
        ] as [([String: String], Bool)])
    func unicode(variables: [String: String], expected: Bool) {
        #expect(Terminal.hasUnicode(Environment(variables)) == expected)
    }

    @Test func aPipeIsNoTerminal() throws {
        let ends = try FileDescriptor.pipe()
        defer {
            try? ends.readEnd.close()
            try? ends.writeEnd.close()
        }
        #expect(Terminal(descriptor: ends.writeEnd.rawValue, environment: Environment(["TERM": "xterm"])) == nil)
    }

    @Test func aPseudoTerminalIsOneUnlessItIsDumb() throws {
        var (primary, secondary) = (Int32(-1), Int32(-1))
        var window = winsize(ws_row: 33, ws_col: 111, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&primary, &secondary, nil, nil, &window) == 0)
        defer {
            close(primary)
            close(secondary)
        }
        let terminal = try #require(
            Terminal(descriptor: secondary, environment: Environment(["TERM": "xterm", "NO_COLOR": "1"])))
        #expect(terminal.size() == TerminalSize(columns: 111, rows: 33))
        #expect(!terminal.hasColours)
        #expect(Terminal(descriptor: secondary, environment: Environment(["TERM": "vt100"]))?.hasColours == true)
        #expect(Terminal(descriptor: secondary, environment: Environment(["TERM": "dumb"])) == nil)
        #expect(Terminal(descriptor: secondary, environment: Environment()) == nil)
    }
}
