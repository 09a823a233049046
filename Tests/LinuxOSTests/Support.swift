import Foundation
import LinuxOS
import Synchronization
import SystemPackage
import TestSupport

/// Lines collected from a runner's callback.
final class Lines: Sendable {
    private let storage = Mutex<[String]>([])
    var all: [String] { storage.withLock { $0 } }
    @Sendable func add(_ line: String) { storage.withLock { $0.append(line) } }
}

/// The program that runs the tests: it links the same C constructor as `ingot`, so it can be its own helper.
let testBinary = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/proc/self/exe"

/// A command that runs a shell script as the engine of a session of its own.
func sessionCommand(_ script: String) -> Command {
    Command("/proc/self/exe", ["--", "ingot-hook", "--", "/bin/sh", "-c", script], calledAs: "ingot-session")
}

/// How many processes have `word` among their arguments.
func processCount(withArgument word: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
        guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
            return false
        }
        return line.split(separator: 0).contains { String(decoding: $0, as: UTF8.self) == word }
    }.count
}

/// A number of seconds that no other process sleeps for: finds the processes of one test again.
func uniqueDuration() -> String { "86\(UInt32.random(in: 100...999)).\(UInt32.random(in: 100_000...999_999))" }

func openDescriptorCount() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1
}
