import Basics
import Foundation
import Testing

@Suite struct EnvironmentTests {
    @Test(
        "the output of env -0 is parsed record by record",
        arguments: [
            ("", [:]),
            ("A=1\0", ["A": "1"]),
            ("A=1\0B=2", ["A": "1", "B": "2"]),
            ("A=\0B=x=y\0", ["A": "", "B": "x=y"]),
            ("A=line 1\nline 2\0\0", ["A": "line 1\nline 2"]),
            ("BASH_FUNC_die%%=() {  echo; }\0", ["BASH_FUNC_die%%": "() {  echo; }"]),
            ("no-equals-sign\0A=ü\0", ["A": "ü"]),
            ("A=1\0A=2\0", ["A": "2"]),
        ] as [(String, [String: String])])
    func parsesRecords(text: String, expected: [String: String]) {
        #expect(Environment(nullSeparated: text.utf8) == Environment(expected))
    }

    @Test func bytesThatAreNoUTF8AreRepairedNotLost() {
        let environment = Environment(nullSeparated: Array("A=x".utf8) + [0xFF, 0])
        #expect(environment["A"] == "x\u{FFFD}")
    }

    @Test func laterVariablesWinWhenMerged() {
        var environment = Environment(["A": "1", "B": "2"])
        environment.merge(Environment(["B": "3", "C": "4"]))
        #expect(environment == Environment(["A": "1", "B": "3", "C": "4"]))
        #expect(environment.names == ["A", "B", "C"])
    }

    @Test func anEmptyValueIsSetButNotNonEmpty() {
        var environment = Environment(["A": ""])
        #expect(environment["A"] == "")
        #expect(environment.nonEmpty("A") == nil)
        #expect(environment.nonEmpty("B") == nil)
        environment["A"] = "x"
        #expect(environment.nonEmpty("A") == "x")
        environment["A"] = nil
        #expect(environment == Environment())
    }

    @Test func filteringSeesNameAndValue() {
        let environment = Environment(["DIB_A": "1", "DIB_B": "", "C": "1"])
        #expect(environment.filter { $0.hasPrefix("DIB_") && !$1.isEmpty } == Environment(["DIB_A": "1"]))
    }

    @Test func jsonRoundTripKeepsAll() throws {
        let environment = Environment(["A": "x\ny", "B": ""])
        let data = try JSONEncoder().encode(environment)
        #expect(try JSONDecoder().decode(Environment.self, from: data) == environment)
    }
}
