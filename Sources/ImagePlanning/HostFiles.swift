/// Parsers of the small files of the host from which facts are read; the reading itself is `HostProbe`'s.
package enum HostFiles {
    /// Distribution of the text of `/etc/os-release`: lines `NAME=value`, the value quoted as for a shell.
    package static func distribution(osRelease text: String) -> HostFacts.Distribution {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { continue }
            let value = line[line.index(after: equals)...].filter { !"\"'\\".contains($0) }
            values[String(line[..<equals])] = value
        }
        return HostFacts.Distribution(
            identifier: values["ID"] ?? "linux",
            ancestors: (values["ID_LIKE"] ?? "").split(separator: " ").map(String.init),
            codename: values["VERSION_CODENAME"] ?? "", name: values["PRETTY_NAME"] ?? "")
    }

    /// Names of `/proc/filesystems`: an optional `nodev`, a tab, the name.
    package static func filesystems(_ text: String) -> Set<String> {
        Set(text.split(separator: "\n").compactMap { $0.split(separator: "\t").last.map(String.init) })
    }

    /// Whether the processors of `/proc/cpuinfo` run guests by themselves; other than on x86 every one that has KVM does.
    ///
    /// Without the flag `/dev/kvm` may be there all the same: of kernels that run only guests made for them (PVM).
    package static func runsGuests(cpuinfo text: String) -> Bool {
        let lines = text.split(separator: "\n")
        guard let flags = lines.first(where: { $0.hasPrefix("flags") }) else { return true }
        return flags.split(whereSeparator: \.isWhitespace).contains { $0 == "vmx" || $0 == "svm" }
    }

    /// Whether `/proc/misc` (`237 loop-control`) has a driver of that name.
    package static func hasDriver(_ name: String, misc text: String) -> Bool {
        text.split(separator: "\n").contains { $0.split(separator: " ").last.map(String.init) == name }
    }
}
