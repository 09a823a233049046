/// Durations for people.
enum DurationText {
    /// `0.4 s`, `59.9 s`, `2 min 05 s`, `1 h 02 min`.
    static func words(_ seconds: Double) -> String {
        let tenths = Int((max(0, seconds) * 10).rounded())
        if tenths < 600 { return "\(tenths / 10).\(tenths % 10) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
        return "\(whole / 3600) h \(twoDigits(whole / 60 % 60)) min"
    }

    /// `00:09`, `12:34`, `1:02:03`: for a counter that stands still in width.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds))
        let tail = "\(twoDigits(whole / 60 % 60)):\(twoDigits(whole % 60))"
        return whole < 3600 ? tail : "\(whole / 3600):\(tail)"
    }

    /// Seconds with three decimals, right-aligned: the column of the profile table.
    static func column(_ seconds: Double, width: Int) -> String {
        let thousandths = Int((max(0, seconds) * 1000).rounded())
        let fraction = String(1000 + thousandths % 1000).dropFirst()
        let text = "\(thousandths / 1000).\(fraction)"
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
