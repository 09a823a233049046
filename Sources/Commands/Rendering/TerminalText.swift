/// Text as a terminal shows it: widths, and what must not reach it.
enum TerminalText {
    /// One line of a hook's output made safe for the live area: escape sequences and control characters removed, of a
    /// line that overwrites itself with carriage returns only the last state.
    static func plain(_ line: String) -> String {
        let segments = line.unicodeScalars.split(separator: "\r")
        var result = String.UnicodeScalarView()
        var rest = segments.last ?? Substring.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\u{1B}" {
                dropEscape(&rest)
            } else if scalar == "\t" {
                result.append(" ")
            } else if scalar.properties.generalCategory != .control {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// ECMA-48: `ESC [ … final`, `ESC ] … BEL or ESC \`, a character set (`ESC ( B`), or two characters.
    private static func dropEscape(_ rest: inout Substring.UnicodeScalarView) {
        switch rest.popFirst() {
        case "[":
            while let scalar = rest.popFirst(), !("\u{40}"..."\u{7E}").contains(scalar) {}
        case "]":
            while let scalar = rest.popFirst(), scalar != "\u{7}" {
                if scalar == "\u{1B}" { return _ = rest.popFirst() }
            }
        case "(", ")": _ = rest.popFirst()
        default: break
        }
    }

    /// Columns that a text takes: 2 for East Asian wide characters and emoji, 0 for combining marks.
    static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

    /// The text cut to at most `columns`, with an ellipsis if something was cut.
    static func truncated(_ text: String, columns: Int, ellipsis: String = "…") -> String {
        guard width(text) > columns else { return text }
        let room = columns - width(ellipsis)
        guard room > 0 else { return "" }
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            used += width(scalar)
            if used > room { break }
            result.append(scalar)
        }
        return String(result) + ellipsis
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    /// The blocks of Unicode's EastAsianWidth.txt that are W or F, rounded to whole blocks.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
