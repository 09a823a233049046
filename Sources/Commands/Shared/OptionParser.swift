/// A bad command line; `messages` are the lines that GNU getopt would print, each already prefixed by the program's name.
struct OptionParserError: Error, Equatable {
    let messages: [String]
}

/// One option of a `getopt`-style command line.
struct OptionDefinition: Equatable {
    let short: Character?
    let long: String?
    let takesArgument: Bool
    /// Upstream's options win over ours when a long prefix fits both, so that no old abbreviation becomes ambiguous.
    var isAddition = false

    init(short: Character? = nil, long: String? = nil, takesArgument: Bool) {
        self.short = short
        self.long = long
        self.takesArgument = takesArgument
    }

    /// A long option in getopt's notation: `image-size:` takes an argument.
    init(long notation: String, isAddition: Bool = false) {
        takesArgument = notation.hasSuffix(":")
        long = takesArgument ? String(notation.dropLast()) : notation
        short = nil
        self.isAddition = isAddition
    }

    /// Short options in getopt's notation (`a:ho:`); `longNames` pairs a letter with its long form.
    static func short(_ notation: String, longNames: [Character: String] = [:]) -> [OptionDefinition] {
        var rest = notation[...]
        var result: [OptionDefinition] = []
        while let letter = rest.popFirst() {
            let takesArgument = rest.first == ":"
            if takesArgument { rest.removeFirst() }
            result.append(OptionDefinition(short: letter, long: longNames[letter], takesArgument: takesArgument))
        }
        return result
    }
}

/// Parses a command line as util-linux `getopt` does: permutation, bundled short options, `--opt=value`,
/// unambiguous prefixes of long options, `--` (compat-core section 1.2).
///
/// ArgumentParser cannot: it neither abbreviates nor words errors like getopt, and scripts depend on both.
struct OptionParser {
    let program: String
    let definitions: [OptionDefinition]
    /// `POSIXLY_CORRECT` stops at the first operand.
    var permutes = true

    struct Result: Equatable {
        var options: [Occurrence] = []
        var operands: [String] = []
    }

    /// `name` is the long name where there is one, else the letter.
    struct Occurrence: Equatable {
        let name: String
        let value: String?
    }

    func parse(_ arguments: [String]) throws(OptionParserError) -> Result {
        var result = Result()
        var messages: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                result.operands += rest
                break
            } else if word.hasPrefix("--") {
                parseLong(String(word.dropFirst(2)), &rest, &result, &messages)
            } else if word.hasPrefix("-"), word != "-" {
                parseShort(word.dropFirst(), &rest, &result, &messages)
            } else {
                result.operands.append(word)
                if !permutes {
                    result.operands += rest
                    break
                }
            }
        }
        guard messages.isEmpty else { throw OptionParserError(messages: messages.map { "\(program): \($0)" }) }
        return result
    }

    private func parseLong(
        _ text: String, _ rest: inout ArraySlice<String>, _ result: inout Result, _ messages: inout [String]
    ) {
        let name = String(text.prefix { $0 != "=" })
        let attached = text.contains("=") ? String(text.dropFirst(name.count + 1)) : nil
        let matches = candidates(for: name)
        guard let match = matches.first else { return messages.append("unrecognized option '--\(text)'") }
        if matches.count > 1 {
            let list = matches.compactMap(\.long).map { "'--\($0)'" }.joined(separator: " ")
            return messages.append("option '--\(text)' is ambiguous; possibilities: \(list)")
        }
        let long = match.long ?? name
        if !match.takesArgument {
            guard attached == nil else { return messages.append("option '--\(long)' doesn't allow an argument") }
            result.options.append(Occurrence(name: long, value: nil))
        } else if let value = attached ?? rest.popFirst() {
            result.options.append(Occurrence(name: long, value: value))
        } else {
            messages.append("option '--\(long)' requires an argument")
        }
    }

    private func candidates(for name: String) -> [OptionDefinition] {
        if let exact = definitions.first(where: { $0.long == name }) { return [exact] }
        let matches = definitions.filter { $0.long?.hasPrefix(name) ?? false }
        let upstream = matches.filter { !$0.isAddition }
        return upstream.isEmpty ? matches : upstream
    }

    private func parseShort(
        _ letters: Substring, _ rest: inout ArraySlice<String>, _ result: inout Result, _ messages: inout [String]
    ) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let match = definitions.first(where: { $0.short == letter }) else {
                messages.append("invalid option -- '\(letter)'")
                continue
            }
            let name = match.long ?? String(letter)
            guard match.takesArgument else {
                result.options.append(Occurrence(name: name, value: nil))
                continue
            }
            if !letters.isEmpty {
                result.options.append(Occurrence(name: name, value: String(letters)))
            } else if let value = rest.popFirst() {
                result.options.append(Occurrence(name: name, value: value))
            } else {
                messages.append("option requires an argument -- '\(letter)'")
            }
            return
        }
    }
}
