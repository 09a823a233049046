/// A line made of pieces with a style each, so that it can be cut to a width before colours are added.
struct StyledLine: Equatable, Sendable, ExpressibleByStringLiteral {
    enum Style: Sendable {
        case plain
        case bold
        case dim
        case good
        case caution
        case bad

        /// SGR parameters (ECMA-48 8.3.117).
        fileprivate var code: String? {
            switch self {
            case .plain: nil
            case .bold: "1"
            case .dim: "2"
            case .good: "32"
            case .caution: "33"
            case .bad: "1;31"
            }
        }
    }

    struct Piece: Equatable, Sendable {
        let text: String
        let style: Style
    }

    var pieces: [Piece]

    init(_ text: String, _ style: Style = .plain) { pieces = [Piece(text: text, style: style)] }
    init(stringLiteral text: String) { self.init(text) }

    static func + (left: StyledLine, right: StyledLine) -> StyledLine {
        var result = left
        result.pieces += right.pieces
        return result
    }

    var plainText: String { pieces.map(\.text).joined() }
    var width: Int { TerminalText.width(plainText) }

    /// Cut to at most `columns`.
    func truncated(columns: Int, ellipsis: String) -> StyledLine {
        var result = StyledLine("")
        result.pieces = []
        var room = columns
        for piece in pieces where room > 0 {
            let text = TerminalText.truncated(piece.text, columns: room, ellipsis: ellipsis)
            result.pieces.append(Piece(text: text, style: piece.style))
            room -= TerminalText.width(text)
            if text != piece.text { break }
        }
        return result
    }

    func rendered(withColours: Bool) -> String {
        guard withColours else { return plainText }
        return pieces.map { piece in
            guard let code = piece.style.code, !piece.text.isEmpty else { return piece.text }
            return "\u{1B}[\(code)m\(piece.text)\u{1B}[0m"
        }.joined()
    }
}
