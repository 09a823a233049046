package import Basics
import SystemPackage

/// What hooks are told about the elements of their build (compat-core sections 2.2 and 5.6): two variables and an
/// exported bash function.
///
/// The function prints one line, `[name]=path [name]=path `, meant for `eval declare -A x=($(get_image_element_array))`.
/// Because that line is split into words, matched against file names and evaluated again, odd characters of names and
/// paths are written as escapes in it (13.44); ordinary ones come out as upstream's.
package struct ElementExports: Hashable, Sendable {
    package static let arrayFunctionName = "get_image_element_array"

    private let elements: [Element]

    package init(_ elements: [Element]) { self.elements = elements }

    /// `IMAGE_ELEMENT`: names in the order of the selection.
    package var imageElement: String { elements.map(\.name.text).joined(separator: " ") }

    /// `IMAGE_ELEMENT_YAML`: a mapping of name to path, sorted by name, one pair on each line.
    package var imageElementYAML: String {
        elements.sorted { $0.name < $1.name }
            .map { "\(yamlScalar($0.name.text)): \(yamlScalar($0.path.string))\n" }
            .joined()
    }

    /// The line that the function prints.
    package var arrayText: String {
        elements.map { "[\($0.name.text.ansiQuoted)]=\($0.path.string.ansiQuoted) " }.joined()
    }

    /// The three as entries of a process environment; bash 4.4 and later import the function from its entry.
    package var environment: Environment {
        Environment([
            "IMAGE_ELEMENT": imageElement,
            "IMAGE_ELEMENT_YAML": imageElementYAML,
            "BASH_FUNC_\(Self.arrayFunctionName)%%": "() {  \(printCommand)\n}",
        ])
    }

    /// The three as bash text to be evaluated: what `element-info --env` prints.
    package var shellText: String {
        """
        export IMAGE_ELEMENT=\(imageElement.singleQuoted)
        export IMAGE_ELEMENT_YAML=\(imageElementYAML.singleQuoted)
        function \(Self.arrayFunctionName) {
          \(printCommand)
        };
        export -f \(Self.arrayFunctionName);

        """
    }

    /// `printf`, because `echo` would take a backslash apart under `shopt -s xpg_echo`.
    private var printCommand: String { "printf '%s\\n' \(arrayText.singleQuoted)" }
}

extension String {
    /// One bash word without blanks or pattern characters, even inside quotes: `$'/a\x20b'`.
    fileprivate var ansiQuoted: String {
        let isPlain: (Unicode.Scalar) -> Bool = { scalar in
            !scalar.isASCII || String(scalar).consists(ofAlphanumericsAnd: "/._-+:@%,=")
        }
        if !isEmpty, unicodeScalars.allSatisfy({ $0.isASCII && isPlain($0) }) { return self }
        let escaped = unicodeScalars.map { scalar in
            if isPlain(scalar) { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
        }
        return "$'" + escaped.joined() + "'"
    }

    fileprivate var singleQuoted: String { "'" + replacing("'", with: "'\"'\"'") + "'" }
}
