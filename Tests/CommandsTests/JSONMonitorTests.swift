import Foundation
import ImageAssembly
import TestSupport
import Testing

@testable import Commands

@Suite struct JSONMonitorTests {
    private func stream(_ events: [(Double, BuildEvent)]) -> MemorySink {
        let (sink, clock) = (MemorySink(), TestClock())
        SampleBuild.play(
            events, to: JSONMonitor(sink: sink, logPath: "/tmp/build.log", clock: clock.rendering), clock: clock)
        return sink
    }

    @Test func aBuildIsOneObjectPerLine() throws {
        try expectGolden(stream(SampleBuild.beginning + SampleBuild.ending).text, "events.jsonl")
    }

    @Test func aFailureCarriesItsReport() throws {
        try expectGolden(stream(SampleBuild.failure).text, "events-failure.jsonl")
    }

    /// An outside reader, so that our own escaping is not its own judge.
    @Test func everyLineIsJSONWithTimeAndEvent() throws {
        let line = "quote \" backslash \\ tab \t bell \u{7} é \u{1F680} \u{2028} \u{7F} \0 end"
        let hook = SampleBuild.users
        let lines = stream([(0, .output(line: line, source: .hook(hook)))] + SampleBuild.beginning).lines
        for text in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(object["time"] is String && object["event"] is String)
        }
        let first = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(first["line"] as? String == line)
        #expect(first["element"] as? String == "devuser")
    }

    @Test func progressIsToldOncePerPercentAndAnewInEachStep() {
        let fractions = [0, 0.001, 0.009, 0.01, 0.0199, 0.5].map { (0.0, BuildEvent.progress(fraction: $0)) }
        let events = fractions + [(0, .stepStarted(index: 2, title: "t"))] + [(0, .progress(fraction: 0.5))]
        let told = stream(events).lines.filter { $0.contains("\"progress\"") }.map { $0.suffix(17) }
        #expect(told.map { $0.drop { $0 != ":" } } == [":0}", ":0.01}", ":0.5}", ":0.5}"])
    }

    @Test func `what was written can be read again`() throws {
        let lines = stream(SampleBuild.beginning + SampleBuild.ending + SampleBuild.failure).lines
        let again = lines.compactMap { BuildEvent(json: $0) }
        #expect(again.count == lines.count)
        let text = stream(again.map { (0, $0) }).lines.map { $0.drop { $0 != "," } }
        #expect(text == lines.map { $0.drop { $0 != "," } })
        for foreign in ["", "{", "{}", "[]", "{\"event\":\"new\"}", "hook said {\"event\":\"output\"}"] {
            #expect(BuildEvent(json: foreign).map(\.jsonName) == nil)
        }
    }
}
