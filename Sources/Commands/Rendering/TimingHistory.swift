/// How long steps and hooks took in earlier builds, for the estimate of what is left.
struct TimingHistory: Equatable, Codable, Sendable {
    struct Record: Equatable, Codable, Sendable {
        /// Seconds by step title.
        var steps: [String: Double] = [:]
        /// Seconds by `element phase/hook`.
        var hooks: [String: Double] = [:]
        /// Grows with each build; the least recent record is the first to be forgotten.
        var age = 0
    }

    static let empty = TimingHistory()
    /// Kinds of builds remembered; a file of this many records stays below a megabyte.
    private static let limit = 40
    private static let version = 1

    private var version = Self.version
    private var builds: [String: Record] = [:]

    /// Builds are alike if they have the same elements, in whatever order they were given.
    static func key(elements: [String]) -> String { Set(elements).sorted().joined(separator: " ") }

    var isReadable: Bool { version == Self.version }

    func step(_ title: String, in key: String) -> Double? { builds[key]?.steps[title] }

    /// Of the same kind of build, else of the latest build of any kind that ran this hook.
    func hook(_ name: String, in key: String) -> Double? {
        if let seconds = builds[key]?.hooks[name] { return seconds }
        return builds.values.filter { $0.hooks[name] != nil }.max { $0.age < $1.age }?.hooks[name]
    }

    func knows(_ key: String) -> Bool { builds[key]?.steps.isEmpty == false }

    /// Puts new measurements over the old ones; what did not run this time keeps its old value.
    mutating func record(steps: [String: Double], hooks: [String: Double], in key: String) {
        guard !steps.isEmpty || !hooks.isEmpty else { return }
        var record = builds[key] ?? Record()
        record.steps.merge(steps) { _, new in new }
        record.hooks.merge(hooks) { _, new in new }
        record.age = (builds.values.map(\.age).max() ?? 0) + 1
        builds[key] = record
        while builds.count > Self.limit, let oldest = builds.min(by: { $0.value.age < $1.value.age })?.key {
            builds[oldest] = nil
        }
    }
}
