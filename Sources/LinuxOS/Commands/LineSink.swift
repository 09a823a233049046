/// Hands lines on as they come, and keeps the last few for an error report.
struct LineSink {
    private var splitter = LineSplitter()
    private var recent: [String] = []
    private var next = 0
    private let kept: Int
    private let onLine: @Sendable (String) -> Void

    init(keeping kept: Int = 20, onLine: @escaping @Sendable (String) -> Void) {
        self.kept = kept
        self.onLine = onLine
    }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        var lines: [String] = []
        splitter.feed(bytes) { lines.append($0) }
        for line in lines { emit(line) }
    }

    mutating func finish() {
        var last: String?
        splitter.finish { last = $0 }
        if let last { emit(last) }
    }

    /// The last lines, oldest first.
    var lastLines: [String] { Array(recent[next...] + recent[..<next]) }

    private mutating func emit(_ line: String) {
        if recent.count < kept {
            recent.append(line)
        } else {
            recent[next] = line
            next = (next + 1) % kept
        }
        onLine(line)
    }
}
