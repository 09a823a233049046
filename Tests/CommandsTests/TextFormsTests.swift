import ImageAssembly
import TestSupport
import Testing

@testable import Commands

@Suite struct TimestampTests {
    @Test(
        "a moment has upstream's log form and RFC 3339's",
        arguments: [
            (0, "1970-01-01 00:00:00.000", "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28 23:59:59.999", "2000-02-28T23:59:59.999Z"),
            (951_868_800_001, "2000-03-01 00:00:00.001", "2000-03-01T00:00:00.001Z"),
            (1_709_164_800_000, "2024-02-29 00:00:00.000", "2024-02-29T00:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28 23:59:59.000", "2100-02-28T23:59:59.000Z"),
            (-1, "1969-12-31 23:59:59.999", "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String, String)])
    func forms(milliseconds: Int64, log: String, rfc: String) {
        let stamp = Timestamp(milliseconds: milliseconds)
        #expect([stamp.logText, stamp.rfc3339] == [log, rfc])
    }

    @Test("date(1) agrees", .requires(.tool("date")), arguments: [0, 86_399, 68_169_600, 1_767_323_045, 7_258_118_399])
    func agreesWithDate(seconds: Int64) throws {
        let result = try runTool("date", ["-u", "-d", "@\(seconds)", "+%F %T.000"])
        #expect(Timestamp(milliseconds: seconds * 1000).logText + "\n" == result.output)
    }

    @Test func fileNamesSortByTime() {
        #expect(TestClock.start.fileNameText == "20260102-030405")
    }

    @Test func theSystemClockIsNow() throws {
        let result = try runTool("date", ["+%s"])
        let seconds = try #require(Int64(result.output.dropLast()))
        #expect(abs(RenderingClock.system.now().milliseconds / 1000 - seconds) <= 2)
        let first = RenderingClock.system.uptime()
        #expect(RenderingClock.system.uptime() >= first)
    }
}

@Suite struct DurationTextTests {
    @Test(
        "a duration has words, a clock and a column",
        arguments: [
            (0, "0.0 s", "00:00", "     0.000"), (0.04, "0.0 s", "00:00", "     0.040"),
            (2.9434, "2.9 s", "00:02", "     2.943"), (59.94, "59.9 s", "00:59", "    59.940"),
            (59.96, "1 min 00 s", "00:59", "    59.960"), (125.2, "2 min 05 s", "02:05", "   125.200"),
            (3599.4, "59 min 59 s", "59:59", "  3599.400"), (3725, "1 h 02 min", "1:02:05", "  3725.000"),
            (-1, "0.0 s", "00:00", "     0.000"),
        ] as [(Double, String, String, String)])
    func forms(seconds: Double, words: String, clock: String, column: String) {
        #expect(
            [DurationText.words(seconds), DurationText.clock(seconds), DurationText.column(seconds, width: 10)]
                == [words, clock, column])
    }
}

@Suite struct FailureTextTests {
    @Test func namesHookElementStatusLastLinesCausesAndHint() throws {
        try expectGolden(
            FailureText(report: SampleBuild.report, logPath: "/var/log/build.log").lines.joined(separator: "\n") + "\n",
            "failure.txt")
    }

    @Test func aPlainErrorIsOneLine() {
        let report = FailureReport(summary: "element 'x' not found")
        #expect(FailureText(report: report).lines == ["error: element 'x' not found"])
    }

    @Test func onlyTheLastTwentyLinesAreShown() {
        let report = FailureReport(summary: "s", lastLines: (1...30).map { "line \($0)" })
        let lines = FailureText(report: report).lines
        #expect(lines == ["error: s", "  its last 20 lines of output:"] + (11...30).map { "    | line \($0)" })
    }

    @Test(
        "a status that a shell gives a meaning to is explained",
        arguments: [
            (1, "1"), (42, "42"), (126, "126 (found, but could not be executed)"),
            (127, "127 (a command was not found)"),
            (130, "130 (interrupted)"), (139, "139 (ended by signal 11)"), (143, "143 (terminated by SIGTERM)"),
            (255, "255"),
        ] as [(Int32, String)])
    func explains(status: Int32, text: String) {
        #expect(FailureText.text(status: status) == text)
    }
}

@Suite struct TerminalTextTests {
    @Test(
        "what could move the cursor is removed from a line of output",
        arguments: [
            ("plain", "plain"), ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("10%\r50%\r100%", "100%"), ("done\r", "done"),
            ("\u{1B}]0;title\u{7}x", "x"), ("\u{1B}]8;;u\u{1B}\\link", "link"), ("a\tb", "a b"), ("a\u{8}b\u{7}", "ab"),
            ("\u{1B}(Bx", "x"), ("\u{1B}[2", ""), ("\u{1B}", ""), ("ü → é", "ü → é"), ("", ""),
            ("\u{9B}31mx", "31mx"),
        ])
    func plain(line: String, text: String) {
        #expect(TerminalText.plain(line) == text)
    }

    @Test(
        "width counts columns, not characters",
        arguments: [("abc", 3), ("ü", 1), ("u\u{308}", 1), ("日本", 4), ("한", 2), ("🚀", 2), ("│", 1), ("", 0)])
    func width(text: String, columns: Int) {
        #expect(TerminalText.width(text) == columns)
    }

    @Test(
        "a cut text is never wider than it may be",
        arguments: [
            ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
            ("abc", 1, ""), ("abc", 0, ""),
        ])
    func cuts(text: String, columns: Int, result: String) {
        #expect(TerminalText.truncated(text, columns: columns) == result)
    }
}
