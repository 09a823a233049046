/// Why a size text was refused; the wording is upstream's.
package enum ByteCountError: Error, Equatable, CustomStringConvertible {
    case invalidSpecification(String)
    case unknownUnit(String)
    case tooLarge(String)

    package var description: String {
        switch self {
        case .invalidSpecification(let text): "Invalid size unit spec [\(text)]"
        case .unknownUnit(let unit): "unit_str [\(unit)] not known"
        case .tooLarge(let text): "size [\(text)] does not fit 64 bits"
        }
    }
}

extension ByteCount {
    private static let factors: [String: Double] = [
        "TiB": 1_099_511_627_776, "GiB": 1_073_741_824, "MiB": 1_048_576, "KiB": 1024,
        "TB": 1e12, "GB": 1e9, "MB": 1e6, "KB": 1e3, "T": 1e12, "G": 1e9, "M": 1e6, "K": 1e3, "B": 1, "": 1,
    ]

    /// Parses an absolute size such as `1.5GiB`, `64 MiB`, `2.4T` or `198`.
    ///
    /// An empty number counts as 1 (`GiB` is one GiB), fractions truncate toward zero.
    package init(parsing text: String) throws(ByteCountError) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var rest = text.dropFirst(number.count)
        if rest.first == " " { rest = rest.dropFirst() }
        guard rest.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
            throw .invalidSpecification(text)
        }
        guard let factor = Self.factors[String(rest)] else { throw .unknownUnit(String(rest)) }
        let numberText = number.isEmpty ? "1" : String(number)
        guard numberText != ".", let value = Double(Self.normalized(numberText)) else {
            throw .invalidSpecification(text)
        }
        let result = (value * factor).rounded(.towardZero)
        guard result < 18_446_744_073_709_549_568 else { throw .tooLarge(text) }
        self.init(UInt64(result))
    }

    /// `.5` and `5.` are numbers for upstream but not for Swift.
    private static func normalized(_ text: String) -> String {
        let leading = text.hasPrefix(".") ? "0" + text : text
        return leading.hasSuffix(".") ? leading + "0" : leading
    }
}
