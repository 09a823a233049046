import Basics

extension ImageListEntry {
    /// The program that builds this image, with its arguments.
    var commandLine: [String] {
        [isRamdisk ? "ramdisk-image-create" : "disk-image-create"] + ImageListKey.all.flatMap(words)
    }

    /// What the program's environment has over the caller's, in the order of the list.
    var environment: [Pair] { if case .pairs(let pairs) = values["environment"] { pairs } else { [] } }

    /// The line that runs the same build from a shell.
    var shellLine: String {
        (environment.map { "\($0.name)=\($0.value.shellQuoted)" } + commandLine.map(\.shellQuoted))
            .joined(separator: " ")
    }

    private var isRamdisk: Bool { values["ramdisk"] == .truth(true) }

    private func words(of key: ImageListKey) -> [String] {
        guard let value = values[key.name] else { return [] }
        switch (key.use, value) {
        case (.option(let option), .text(let text)): return text.isEmpty ? [] : [option, text]
        case (.option(let option), .number(let number)): return [option, String(number)]
        case (.option(let option), .truth(let isOn)): return isOn ? [option] : []
        case (.option(let option), .list(let words)):
            return words.isEmpty ? [] : [option, words.joined(separator: ",")]
        case (.option(let option), .pairs(let pairs)):
            let text = pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            return text.isEmpty ? [] : [option, text]
        case (.repeated(let option), .number(let count)): return Array(repeating: option, count: count)
        case (.operands, .list(let words)): return words
        default: return []
        }
    }
}
