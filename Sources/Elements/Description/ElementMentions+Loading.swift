import SystemPackage

/// Which variables named `DIB_…` the files of elements mention, in code, data or documents.
package enum ElementMentions {
    /// Every name in every file below the elements' directories; a name that ends in `_` may be the beginning of names
    /// that the element puts together.
    package static func names(in elements: [Element]) throws(ElementError) -> Set<String> {
        var names: Set<String> = []
        for element in elements { try collect(below: element.path, into: &names) }
        return names
    }

    /// The names in a text: `DIB_` and what follows of letters, digits and underscores.
    package static func names(in text: String) -> Set<String> {
        let bytes = Array(text.utf8)
        let mark = Array("DIB_".utf8)
        var names: Set<String> = []
        var index = 0
        while index + mark.count <= bytes.count {
            guard bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark),
                index == 0 || !isWord(bytes[index - 1])
            else {
                index += 1
                continue
            }
            var end = index + mark.count
            while end < bytes.count, isWord(bytes[end]) { end += 1 }
            names.insert(String(decoding: bytes[index..<end], as: UTF8.self))
            index = end
        }
        return names
    }

    private static func collect(below directory: FilePath, into names: inout Set<String>) throws(ElementError) {
        for entry in try DirectoryEntry.entries(of: directory) {
            let path = directory.appending(entry.name)
            if entry.kind == .directory { try collect(below: path, into: &names) }
            guard entry.isFile, let text = try TextFile.text(of: path) else { continue }
            names.formUnion(Self.names(in: text))
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
