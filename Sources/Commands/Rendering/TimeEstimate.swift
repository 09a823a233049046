/// What is left of a build, by the timings of an earlier one of the same kind.
struct TimeEstimate {
    let history: TimingHistory
    let key: String

    /// Seconds left while step `current` (an index into `steps`) runs since `elapsed` seconds; nil if no such build
    /// is remembered.
    ///
    /// The running step's own progress, once there is enough of it to divide by, beats its past: it knows this disk
    /// and this network.
    func remaining(steps: [String], current: Int, elapsed: Double, progress: Double?) -> Double? {
        guard history.knows(key), steps.indices.contains(current) else { return nil }
        let later = steps[(current + 1)...].reduce(0) { $0 + (history.step($1, in: key) ?? 0) }
        if let progress, progress > 0.05 { return later + elapsed * (1 - min(1, progress)) / progress }
        return later + max(0, (history.step(steps[current], in: key) ?? 0) - elapsed)
    }

    /// Seconds that a hook took before, if that is worth telling.
    func usual(hook: String) -> Double? { history.hook(hook, in: key).flatMap { $0 >= 1 ? $0 : nil } }
}
