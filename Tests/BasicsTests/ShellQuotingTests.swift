import Basics
import TestSupport
import Testing

@Suite struct ShellQuotingTests {
    @Test(
        "only words that need it are quoted",
        arguments: [
            ("", "''"), ("plain", "plain"), ("a/b-c_d.e,f:g+h=i@j%k", "a/b-c_d.e,f:g+h=i@j%k"), ("a b", "'a b'"),
            ("it's", "'it'\"'\"'s'"), ("$HOME", "'$HOME'"), ("a\nb", "'a\nb'"), ("ü", "'ü'"), ("~", "'~'"),
            ("*", "'*'"),
        ])
    func quotes(word: String, text: String) {
        #expect(word.shellQuoted == text)
    }

    @Test func wordsJoinToALine() {
        #expect(["mkfs.ext4", "-L", "my disk", ""].shellLine == "mkfs.ext4 -L 'my disk' ''")
    }

    @Test("bash reads back any word", .requires(.tool("bash")), arguments: 0..<8)
    func bashReadsBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("ab'\"\\$`!*?[]{}()<>|&;#~ \t\nü%=")
        let words = (0..<12).map { _ in
            String(
                (0..<Int.random(in: 0...9, using: &generator)).compactMap { _ in
                    alphabet.randomElement(using: &generator)
                })
        }
        let result = try runTool("bash", ["-c", "printf '%s\\0' \(words.shellLine)"])
        #expect(result.status == 0)
        #expect(result.output == words.map { $0 + "\0" }.joined())
    }
}
