/// Which ids of a user namespace are which ids outside, as `/proc/PID/uid_map` has it: user_namespaces(7).
package struct IdentityMap: Hashable, Sendable {
    package struct Range: Hashable, Sendable {
        package let inside: UInt64
        package let outside: UInt64
        package let count: UInt64

        package init(inside: UInt64, outside: UInt64, count: UInt64) {
            self.inside = inside
            self.outside = outside
            self.count = count
        }
    }

    package let ranges: [Range]

    package init(_ ranges: [Range]) { self.ranges = ranges }

    /// Lines of three numbers; what is no such line is left out.
    package init(parsing text: String) {
        ranges = text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count == 3, numbers[2] > 0 else { return nil }
            return Range(inside: numbers[0], outside: numbers[1], count: numbers[2])
        }
    }

    package var text: String { ranges.map { "\($0.inside) \($0.outside) \($0.count)\n" }.joined() }

    /// How many ids there are.
    package var count: UInt64 { ranges.reduce(0) { $0 + $1.count } }

    /// For a namespace below this one that shall have the same ids.
    package var identity: IdentityMap {
        IdentityMap(ranges.map { Range(inside: $0.inside, outside: $0.inside, count: $0.count) })
    }

    /// For a user's namespace: `own` becomes root, the ranges given to the user follow from 1 on.
    ///
    /// What of the ranges does not exist in this namespace is left out: a container's files may promise more ids than
    /// the container has.
    package func rootless(own: UInt64, subordinate: [SubordinateRange]) -> IdentityMap {
        var result = [Range(inside: 0, outside: own, count: 1)]
        var next: UInt64 = 1
        for given in subordinate {
            for range in ranges {
                let start = max(given.start, range.inside)
                let end = min(given.start + given.count, range.inside + range.count)
                guard start < end else { continue }
                result.append(Range(inside: next, outside: start, count: end - start))
                next += end - start
            }
        }
        return IdentityMap(result)
    }
}

/// Ids that a user may have in user namespaces: a line of subuid(5) or subgid(5).
package struct SubordinateRange: Hashable, Sendable {
    package let start: UInt64
    package let count: UInt64

    package init(start: UInt64, count: UInt64) {
        self.start = start
        self.count = count
    }

    /// The ranges of one user, named by its name or its id, in the order of the file.
    package static func ranges(_ text: String, user: String, id: UInt64) -> [SubordinateRange] {
        lines(text).filter { $0.owner == user || $0.owner == String(id) }.map(\.range)
    }

    /// The first id above every range of the file, where a new range may begin; 100000 is where useradd(8) begins.
    package static func firstFree(_ texts: [String]) -> UInt64 {
        texts.flatMap(lines).reduce(100_000) { max($0, $1.range.start + $1.range.count) }
    }

    private static func lines(_ text: String) -> [(owner: String, range: SubordinateRange)] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            // No sum of two of these overflows.
            guard fields.count == 3, let start = UInt32(fields[1]), let count = UInt32(fields[2]), count > 0 else {
                return nil
            }
            return (fields[0], SubordinateRange(start: UInt64(start), count: UInt64(count)))
        }
    }
}
