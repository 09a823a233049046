package import Basics
import Elements

/// A variable of the caller that nothing reads, though something reads one with nearly that name.
package struct MisspeltVariable: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    package let meant: String

    package init(name: String, meant: String) {
        self.name = name
        self.meant = meant
    }

    package var description: String {
        "nothing in this build reads \(name); did you mean \(meant)?"
    }

    /// The variables that may be misspelt: named `DIB_…`, and unknown to the engine.
    package static func suspects(in environment: Environment) -> [String] {
        environment.names.filter { $0.hasPrefix("DIB_") && !EngineVariables.knows($0) }
    }

    /// Those of the suspects that are near a known name, and no known name themselves.
    ///
    /// `mentioned` are names that some file of the build's elements has, beginnings of names (`DIB_X_`) included; what
    /// an element mentions anywhere is never called misspelt. `declared` are those of all elements on the path.
    package static func among(
        _ suspects: [String], mentioned: Set<String>, declared: Set<String>
    ) -> [MisspeltVariable] {
        let beginnings = mentioned.filter { $0.hasSuffix("_") && $0.count > "DIB_".count }
        let known = EngineVariables.names.union(mentioned.subtracting(beginnings)).union(declared)
        return suspects.filter { name in
            !known.contains(name) && !beginnings.contains { name.hasPrefix($0) }
        }.compactMap { name in
            nearestWord(to: name, among: Array(known)).map { MisspeltVariable(name: name, meant: $0) }
        }
    }
}
