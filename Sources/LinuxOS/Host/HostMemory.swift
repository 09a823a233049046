package import Basics
internal import SystemPackage

/// The machine's memory, from `/proc/meminfo`.
package struct HostMemory: Hashable, Sendable {
    package let total: ByteCount
    /// What can be had without swapping.
    package let available: ByteCount

    /// Nil if the text lacks one of the two.
    package init?(parsing text: String) {
        guard let total = ByteCount(procField: "MemTotal", in: text),
            let available = ByteCount(procField: "MemAvailable", in: text)
        else { return nil }
        self.total = total
        self.available = available
    }

    package static func current() throws(SystemError) -> HostMemory {
        guard let memory = HostMemory(parsing: try FileText.string(of: "/proc/meminfo")) else {
            throw SystemError("read '/proc/meminfo'", because: "it has no MemTotal or MemAvailable")
        }
        return memory
    }
}

/// The memory this process has used.
package enum MemoryUsage {
    /// The most that was resident at any time so far; nil without `/proc`.
    package static var peak: ByteCount? {
        (try? FileText.string(of: "/proc/self/status")).flatMap { ByteCount(procField: "VmHWM", in: $0) }
    }
}

extension ByteCount {
    /// The value of a line such as `MemTotal:       24684100 kB`.
    fileprivate init?(procField name: String, in text: String) {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.dropFirst(name.utf8.count + 1).split { $0 == " " || $0 == "\t" }
            guard words.count == 2, words[1] == "kB", let count = UInt64(words[0]), count <= UInt64.max >> 10 else {
                return nil
            }
            self = .kibibytes(count)
            return
        }
        return nil
    }
}
