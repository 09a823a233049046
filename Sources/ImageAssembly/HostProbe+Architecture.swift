import Basics
import Foundation
import Glibc
import ImagePlanning
import LinuxOS
import SystemPackage

extension HostProbe {
    /// Whether the kernel runs programs of an architecture in a root of their own, as hooks in the image are run; nil
    /// for the host's own, and for one that is not known here.
    func runsPrograms(of architecture: Architecture?, machine: String) -> Bool? {
        guard let architecture, let program = Self.foreignProgram(architecture, machine: machine) else { return nil }
        return withProgram(program) { ForeignProgram.runs("probe", inRoot: $0) }
    }

    /// Where the kernel does not run them: the emulator of this host that a build without root can register for itself.
    func ownInterpreter(of needs: HostNeeds, machine: String) -> String? {
        guard Session.isInUserNamespace || geteuid() != 0, let architecture = needs.architecture,
            let program = Self.foreignProgram(architecture, machine: machine), let emulators = needs.emulators
        else { return nil }
        let found = tools(emulators)
        guard let path = emulators.compactMap({ found[$0] }).first else { return nil }
        let format = ProgramFormat(name: architecture.name, program: program.bytes, interpreter: path)
        return withProgram(program) { format.runs("probe", inRoot: $0) } == true ? path : nil
    }

    /// Registers, for this build alone, the emulator that its hooks in the image need; says which.
    func registerInterpreter(of needs: HostNeeds) throws -> String? {
        guard Session.isInUserNamespace, runsPrograms(of: needs.architecture, machine: Self.machine) == false,
            let path = ownInterpreter(of: needs, machine: Self.machine), let architecture = needs.architecture,
            let program = SmallestProgram(architecture)
        else { return nil }
        try ProgramFormat(name: architecture.name, program: program.bytes, interpreter: path).register()
        return path
    }

    private static func foreignProgram(_ architecture: Architecture, machine: String) -> SmallestProgram? {
        let own = SmallestProgram.debianName(Architecture(machine: machine))
        return SmallestProgram.debianName(architecture) == own ? nil : SmallestProgram(architecture)
    }

    /// Gives `body` a directory with the program as `probe` in it; nil if there can be none.
    private func withProgram(_ program: SmallestProgram, _ body: (FilePath) -> Bool) -> Bool? {
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
        return body(root)
    }
}
