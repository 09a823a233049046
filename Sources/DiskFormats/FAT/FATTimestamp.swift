/// A time as directory entries have it: UTC, from 1980 to 2107, in steps of two seconds.
///
/// The kernel's driver writes local time by the clock of the system that mounts; a build has no such place. Earlier and
/// later times become the nearest that can be said, as with that driver.
struct FATTimestamp: Hashable, Sendable {
    let date: UInt16
    let time: UInt16

    /// 1980-01-01 and 2107-12-31 23:59:59, in seconds since 1970.
    private static let range: ClosedRange<Int64> = 315_532_800...4_354_819_199

    init(secondsSince1970 seconds: Int64) {
        let clamped = min(max(seconds, Self.range.lowerBound), Self.range.upperBound)
        let (days, second) = clamped.quotientAndRemainder(dividingBy: 86_400)
        // Years begin in March here, so that the leap day is the last of its year.
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        date = UInt16((year - 1980) << 9 | month << 5 | day)
        time = UInt16((second / 3600) << 11 | (second / 60 % 60) << 5 | second % 60 / 2)
    }
}
