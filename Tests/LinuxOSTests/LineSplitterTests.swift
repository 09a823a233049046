import Testing

@testable import LinuxOS

struct LineSplitterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let chunks: [[UInt8]]
        let lines: [String]
        var limit = 1000
        var testDescription: String { "\(lines)" }
        init(_ chunks: [String], _ lines: [String], limit: Int = 1000) {
            self.limit = limit
            self.chunks = chunks.map { Array($0.utf8) }
            self.lines = lines
        }
        init(bytes: [UInt8], _ lines: [String]) {
            chunks = [bytes]
            self.lines = lines
        }
    }

    @Test(arguments: [
        Case([], []),
        Case(["a\nb\n"], ["a", "b"]),
        Case(["a\nb"], ["a", "b"]),
        Case(["\n\n"], ["", ""]),
        Case(["ab", "c\nd", "e", "\n"], ["abc", "de"]),
        Case(["progress 1\rprogress 2\r\n"], ["progress 1\rprogress 2\r"]),
        Case(["vertical\u{0B}tab\u{2028}and\u{0C}feed\n"], ["vertical\u{0B}tab\u{2028}and\u{0C}feed"]),
        Case(bytes: [0x61, 0xFF, 0xFE, 0x62, 10], ["a\u{FFFD}\u{FFFD}b"]),
        Case(["0123456789abcdef\nx\n"], ["01234567", "89abcdef", "x"], limit: 8),
        Case(["0123456789", "abcdefg\n"], ["01234567", "89abcdef", "g"], limit: 8),
        Case(["01234567\n", "89\n"], ["01234567", "89"], limit: 8),
    ])
    func linesEndAtLineFeedsAndAtTheLimit(_ example: Case) {
        var splitter = LineSplitter(limit: example.limit)
        var lines: [String] = []
        for chunk in example.chunks { chunk.withUnsafeBytes { splitter.feed($0) { lines.append($0) } } }
        splitter.finish { lines.append($0) }
        #expect(lines == example.lines)
    }

    @Test func theLastLinesAreKeptInOrder() {
        var sink = LineSink(keeping: 3, onLine: { _ in })
        Array("1\n2\n3\n4\n5".utf8).withUnsafeBytes { sink.feed($0) }
        sink.finish()
        #expect(sink.lastLines == ["3", "4", "5"])
    }
}
