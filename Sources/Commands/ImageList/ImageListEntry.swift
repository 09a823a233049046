import BlockDevices
import ImagePlanning

/// A fault of an image list: one line that names the file, the place and what is wanted.
struct ImageListError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ problem: String, in file: String, at location: ConfigurationLocation) {
        description = "'\(file)', \(location): \(problem)"
    }
}

/// One image of a list: its keys with checked values.
struct ImageListEntry: Equatable {
    enum Value: Equatable {
        case text(String)
        case number(Int)
        case truth(Bool)
        case list([String])
        case pairs([Pair])
    }

    struct Pair: Equatable {
        let name: String
        var value: String
    }

    var values: [String: Value] = [:]

    var name: String? { if case .text(let name) = values["imagename"] { name } else { nil } }

    /// Lists are appended, mappings updated, everything else replaced.
    mutating func merge(_ other: ImageListEntry) {
        values.merge(other.values) { old, new in
            switch (old, new) {
            case (.list(let old), .list(let new)): .list(old + new)
            case (.pairs(let old), .pairs(let new)): .pairs(Self.update(old, with: new))
            default: new
            }
        }
    }

    private static func update(_ old: [Pair], with new: [Pair]) -> [Pair] {
        new.reduce(into: old) { result, pair in
            if let index = result.firstIndex(where: { $0.name == pair.name }) {
                result[index].value = pair.value
            } else {
                result.append(pair)
            }
        }
    }

    /// Entries of one name become one, in the order of first appearance; one without a name continues the one before it.
    static func merged(_ entries: [ImageListEntry]) -> [ImageListEntry] {
        var order: [String] = []
        var byName: [String: ImageListEntry] = [:]
        var current = "image"
        for entry in entries {
            current = entry.name ?? current
            if byName[current] == nil { order.append(current) }
            byName[current, default: ImageListEntry()].merge(entry)
        }
        return order.compactMap { byName[$0] }
    }
}
