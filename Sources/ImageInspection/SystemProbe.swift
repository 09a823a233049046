import DiskFormats

/// Finds the operating system and the kernels in a file system that is read here.
package struct SystemProbe {
    private static let largestText = 64 << 10

    private let reader: Ext4Reader

    package init(_ window: DiskWindow) throws { reader = try Ext4Reader(window) }

    /// Nil if it holds neither a system nor kernels.
    package func system(on partition: Int) throws -> ImageDescription.System? {
        let release = try releaseText()
        // A file system of its own for /boot has the kernels at its root.
        let names = try reader.names(in: "/boot") + (release == nil ? reader.names(in: "/") : [])
        let kernels = names.compactMap(Self.version(ofKernel:)).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        guard release != nil || !kernels.isEmpty else { return nil }
        let fields = release.map(Self.fields) ?? [:]
        return ImageDescription.System(
            partition: partition, name: fields["PRETTY_NAME"], identifier: fields["ID"], version: fields["VERSION_ID"],
            kernels: kernels.sorted())
    }

    /// os-release(5): the file in /etc wins, and is often a link to the other.
    private func releaseText() throws -> String? {
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            if let bytes = try reader.file(path, limit: Self.largestText) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        return nil
    }

    /// `vmlinuz-6.1.0-40-amd64` → `6.1.0-40-amd64`; other names are links, or rescue copies of their own.
    static func version(ofKernel name: String) -> String? {
        for prefix in ["vmlinuz-", "vmlinux-", "Image-", "bzImage-", "kernel-"] where name.hasPrefix(prefix) {
            let version = name.dropFirst(prefix.count)
            return version.first?.isNumber == true ? String(version) : nil
        }
        return nil
    }

    /// `NAME=value` lines, quoted as shells quote.
    package static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { continue }
            var value = line[line.index(after: equals)...]
            if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
                value = value.dropFirst().dropLast()
            }
            // What is printed to a terminal must not steer it.
            let clean = value.unicodeScalars.filter {
                $0.value >= 32 && $0.value != 127 && !(0x80...0x9F).contains($0.value)
            }
            fields[String(line[..<equals])] = String(String.UnicodeScalarView(clean))
        }
        return fields
    }
}
