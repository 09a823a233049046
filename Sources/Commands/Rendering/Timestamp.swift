import Glibc

/// A moment as milliseconds since 1970, UTC, with the two text forms that events are stamped with.
struct Timestamp: Hashable, Comparable, Sendable {
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// `2026-01-31 23:59:59.123`: the form of upstream's log filter (compat-core section 8.1).
    var logText: String { "\(date) \(time)" }

    /// `2026-01-31T23:59:59.123Z`: RFC 3339, for machines.
    var rfc3339: String { "\(date)T\(time)Z" }

    /// `20260131-235959`: for file names.
    var fileNameText: String {
        let digits = "\(date)-\(time.prefix(8))".split(separator: "-")
        return digits.dropLast().joined() + "-" + digits.suffix(1).joined().filter { $0 != ":" }
    }

    private var date: String {
        let (year, month, day) = Self.civil(days: seconds.dividedDown(by: 86_400))
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    private var time: String {
        let second = seconds - seconds.dividedDown(by: 86_400) * 86_400
        let parts = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return parts + "." + padded(milliseconds - seconds * 1000, 3)
    }

    private var seconds: Int64 { milliseconds.dividedDown(by: 1000) }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// Proleptic Gregorian date of a day number; eras of 400 years that begin on 1 March make leap days fall last.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.dividedDown(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int64 {
    /// Division that rounds toward minus infinity, so that moments before 1970 are right too.
    fileprivate func dividedDown(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}

/// The two clocks that rendering reads; tests pass their own.
struct RenderingClock: Sendable {
    /// Wall-clock time, for stamps.
    let now: @Sendable () -> Timestamp
    /// Seconds that never jump, for durations.
    let uptime: @Sendable () -> Double

    static let system = RenderingClock(
        now: {
            let time = read(CLOCK_REALTIME)
            return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        },
        uptime: {
            let time = read(CLOCK_MONOTONIC)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        })

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
