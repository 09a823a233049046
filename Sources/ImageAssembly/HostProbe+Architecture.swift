import Basics
import Foundation
import Glibc
import LinuxOS
import SystemPackage

extension HostProbe {
    /// Whether the kernel runs programs of an architecture in a root of their own, as hooks in the image are run; nil
    /// for the host's own, and for one that is not known here.
    func runsPrograms(of architecture: Architecture?, machine: String) -> Bool? {
        guard let architecture, let program = SmallestProgram(architecture),
            SmallestProgram.debianName(architecture) != SmallestProgram.debianName(Architecture(machine: machine))
        else { return nil }
        let parent = environment.nonEmpty("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/ingot-probe.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let root = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        let path = root.appending("probe").string
        guard FileManager.default.createFile(atPath: path, contents: Data(program.bytes)), chmod(path, 0o755) == 0
        else {
            return nil
        }
        return ForeignProgram.runs("probe", inRoot: root)
    }
}
