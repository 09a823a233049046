package import SystemPackage

/// The mounts of this process's namespace, oldest first, as `/proc/self/mountinfo` lists them.
package struct MountTable: Hashable, Sendable {
    /// One line of the table; see proc_pid_mountinfo(5).
    package struct Entry: Hashable, Sendable {
        package var identifier: Int
        package var parent: Int
        /// `major:minor` of the filesystem.
        package var device: String
        /// What part of the filesystem is mounted: `/`, or the source directory of a bind mount.
        package var root: FilePath
        package var target: FilePath
        package var options: [String]
        package var type: String
        package var source: String
        package var filesystemOptions: [String]
    }

    package var mounts: [Entry]

    package init(mounts: [Entry]) { self.mounts = mounts }

    /// Parses the file's text; lines of another shape are left out.
    ///
    /// Paths need not be UTF-8.
    package init(parsing bytes: some Sequence<UInt8>) {
        mounts = Array(bytes).split(separator: UInt8(ascii: "\n")).compactMap(Entry.init(line:))
    }

    package static func load() throws(SystemError) -> MountTable {
        MountTable(parsing: try FileText.bytes(of: "/proc/self/mountinfo"))
    }

    /// The mounts below `path`, oldest first; with `including`, those at `path` itself too.
    package func mounts(below path: FilePath, including: Bool = false) -> [Entry] {
        let prefix = path.lexicallyNormalized()
        return mounts.filter { $0.target.starts(with: prefix) && (including || $0.target != prefix) }
    }
}

extension MountTable.Entry {
    fileprivate init?(line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        // The number of optional fields varies: a single hyphen ends them.
        guard fields.count >= 10, let hyphen = fields[6...].firstIndex(of: [UInt8(ascii: "-")]),
            hyphen + 3 < fields.count,
            let identifier = Int(Self.text(fields[0])), let parent = Int(Self.text(fields[1]))
        else { return nil }
        self.init(
            identifier: identifier, parent: parent, device: Self.text(fields[2]), root: Self.path(fields[3]),
            target: Self.path(fields[4]), options: Self.words(fields[5]), type: Self.text(fields[hyphen + 1]),
            source: Self.text(fields[hyphen + 2]), filesystemOptions: Self.words(fields[hyphen + 3]))
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: unescaped(field), as: UTF8.self) }

    private static func words(_ field: ArraySlice<UInt8>) -> [String] {
        field.split(separator: UInt8(ascii: ",")).map(text)
    }

    private static func path(_ field: ArraySlice<UInt8>) -> FilePath {
        var characters = unescaped(field).map { CChar(bitPattern: $0) }
        characters.append(0)
        return characters.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? "" }
    }

    /// Undoes `\040` for a blank, and so on: a backslash and three octal digits.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ 0x30...0x37 ~= $0 }) else {
                result.append(byte)
                continue
            }
            result.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }))
            rest = rest.dropFirst(3)
        }
        return result.filter { $0 != 0 }
    }
}
