/// Thins out progress: a listener hears of each whole percent once.
struct ProgressReporter {
    private let total: UInt64
    private var lastPercent: UInt64?

    init(total: UInt64) { self.total = total }

    mutating func report(_ done: UInt64, to listener: (Double) throws -> Void) throws {
        let fraction = total == 0 ? 1 : Double(done) / Double(total)
        let percent = UInt64(fraction * 100)
        if percent == lastPercent { return }
        lastPercent = percent
        try listener(fraction)
    }
}
