import Basics
import Elements
import TestSupport
import Testing

@Suite struct HookOrderTests {
    /// The acceptance list (compat-core section 21) and the corners of `sort -n`.
    private static let names = [
        "00-z", "open-x", "9-a", "010-d", "10-a", "10-b", "60-link", "100-c", "-5-x", "-05-w", "--5", "-", "-0", "0",
        "_a", "Z", "a", "1.5-a", "1.10-a", "1.05", "1.", ".5", "10", "010", "1_000", "99999999999999999999999-a",
        "100000000000000000000000-a", "-99999999999999999999999", " 7-blank", "007", "7", "-1.5", "-1.4", "+3",
    ]

    @Test func theAcceptanceListIsOrderedAsUpstreamOrdersIt() {
        let names = ["100-c", "60-link", "10-b", "10-a", "010-d", "9-a", "open-x", "00-z"]
        #expect(
            NumericNameOrder.sorted(names) == ["00-z", "open-x", "9-a", "010-d", "10-a", "10-b", "60-link", "100-c"])
    }

    @Test(.requires(.tool("sort"))) func orderIsThatOfSort() throws {
        #expect(NumericNameOrder.sorted(Self.names) == (try sorted(Self.names)))
    }

    @Test(.requires(.tool("sort")), arguments: 0..<24) func orderIsThatOfSortOnRandomNames(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let letters = Array("0012359--..ab_Z ")
        let names = (0..<200).map { _ in
            String(
                (0..<Int.random(in: 1...7, using: &generator)).map { _ in
                    letters.randomElement(using: &generator) ?? "x"
                })
        }
        #expect(NumericNameOrder.sorted(names) == (try sorted(names)))
    }

    private func sorted(_ names: [String]) throws -> [String] {
        let script = #"printf '%s\n' "$@" | LC_ALL=C sort -n"#
        let result = try runTool("bash", ["-c", script, "bash"] + names.shuffled())
        return result.output.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }
}

@Suite struct HookFileNameRuleTests {
    @Test(arguments: [
        ("10-foo", true), ("open-x", true), ("A_b-9", true), ("-", true), ("10-foo.bash", false), ("README.rst", false),
        ("", false), ("10 foo", false), ("10-foó", false), ("10-foo~", false),
    ]) func theDefaultAdmitsLettersDigitsDashAndUnderscore(name: String, isAccepted: Bool) {
        #expect(HookFileNameRule.default.accepts(name) == isAccepted)
    }

    @Test func anotherPatternIsAnExtendedExpressionNotAnchored() throws {
        let rule = try HookFileNameRule(pattern: "^[0-9]{2}-|\\.bash$")
        #expect(["10-a.x", "x.bash", "1-a", "x-10-"].map(rule.accepts) == [true, true, false, false])
    }

    @Test func anEmptyOrAbsentPatternIsTheDefault() throws {
        #expect(try HookFileNameRule(pattern: "") == .default)
        #expect(try HookFileNameRule(pattern: nil) == .default)
    }

    @Test func aPatternThatIsNoneIsRefused() {
        let error = #expect(throws: ElementError.self) { try HookFileNameRule(pattern: "[a") }
        #expect(error?.description.hasPrefix("cannot use RUN_PARTS_REGEX '[a': ") == true)
    }
}
