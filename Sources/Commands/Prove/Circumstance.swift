import Basics
import ImagePlanning

/// What of a build's surroundings a proof makes another: the words of `--same`.
enum Circumstance: String, CaseIterable, Comparable {
    case user, host, umask, zone, language, place, processors, clock, backend

    static func < (one: Circumstance, other: Circumstance) -> Bool {
        allCases.firstIndex(of: one) ?? 0 < allCases.firstIndex(of: other) ?? 0
    }

    /// A list of `--same`: names, with commas between them.
    static func list(_ text: String) throws(PlanError) -> Set<Circumstance> {
        var result: Set<Circumstance> = []
        for name in text.split(separator: ",").map(String.init) {
            guard let circumstance = Circumstance(rawValue: name) else {
                throw PlanError(
                    "--same: there is no '\(name)'",
                    hint: "there are " + allCases.map(\.rawValue).joined(separator: ", "))
            }
            result.insert(circumstance)
        }
        return result
    }
}

/// What stays the same in all builds of a proof, and why: said, so that nobody takes more for proven than is.
struct Constants: Hashable {
    private(set) var reasons: [Circumstance: String] = [:]

    init(asked: Set<Circumstance>) {
        for circumstance in asked { reasons[circumstance] = "--same" }
    }

    func holds(_ circumstance: Circumstance) -> Bool { reasons[circumstance] != nil }

    /// The first reason stays.
    mutating func hold(_ circumstance: Circumstance, because reason: String) {
        if reasons[circumstance] == nil { reasons[circumstance] = reason }
    }

    /// Nothing if everything is varied.
    var description: String? {
        guard !reasons.isEmpty else { return nil }
        let parts = reasons.sorted { $0.key < $1.key }.map { "\($0.key.rawValue) (\($0.value))" }
        return "the same in all builds: " + parts.joined(separator: ", ")
    }
}
