import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// `kill -9` at any moment: the session's init, which is not killed, tidies up.
    @Suite struct Killed {
        /// Long enough in every kind of state: in hooks on both sides, with and without devices, while writing.
        private func addSlowHooks(_ sandbox: BuildSandbox) throws {
            for phase in ["extra-data", "install", "post-install", "pre-finalise", "finalise", "cleanup"] {
                try sandbox.addHook("slow", "\(phase).d/50-slow-\(phase)", "sleep 0.05 & sleep 0.05; wait")
            }
            try sandbox.addHook("slow", "install.d/60-daemon", "sleep 600 > /dev/null 2>&1 < /dev/null &")
        }

        private let arguments = ["disk-image-create", "-n", "-t", "tar,raw,qcow2", "-o", "x", "fake-os", "slow"]

        @Test("twenty kills at random moments leave nothing, and the next build passes", .timeLimit(.minutes(3)))
        func atRandomMoments() async throws {
            try await withSandbox { sandbox in
                try addSlowHooks(sandbox)
                let whole = try await sandbox.start(arguments).result()
                whole.expectStatus(0)
                var random = SeededGenerator(seed: 20)
                for round in 1...20 {
                    // Every other round on tmpfs, whose mounts have to go too.
                    let build = try sandbox.start(arguments, environment: ["DIB_NO_TMPFS": round % 2 == 0 ? "0" : "1"])
                    let moment = Double.random(in: 0...whole.seconds, using: &random)
                    try await Task.sleep(for: .seconds(moment))
                    build.send(SIGKILL)
                    _ = try await build.result()
                    let leftovers = try await sandbox.leftovers(within: .seconds(3))
                    #expect(
                        leftovers == [], "round \(round), killed after \(moment) s; log: \(build.output.suffix(300))")
                }
                try await sandbox.start(arguments).result().expectStatus(0)
            }
        }

        @Test(
            "a kill at the very moment a directory appears leaves nothing", .timeLimit(.minutes(1)),
            arguments: ["0", "1"])
        func whileItPrepares(noTmpfs: String) async throws {
            try await withSandbox { sandbox in
                for expected in ["dib_build.", "dib_build.", "dib_image.", "dib_image."] {
                    let build = try sandbox.start(
                        ["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os"],
                        environment: ["DIB_NO_TMPFS": noTmpfs])
                    while build.isRunning,
                        try !sandbox.names(in: sandbox.temporary).contains(where: { $0.hasPrefix(expected) })
                    {}
                    build.send(SIGKILL)
                    _ = try await build.result()
                    let leftovers = try await sandbox.leftovers(within: .seconds(3))
                    try #require(leftovers == [])
                }
            }
        }

        @Test(
            "a kill of the whole process group leaves nothing",
            .timeLimit(.minutes(1)), arguments: ["root.d", "finalise.d"])
        func wholeGroup(folder: String) async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("stop", "\(folder)/50-stop", "echo now-$((40 + 2)); sleep 600")
                let build = try sandbox.start(["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os", "stop"])
                #expect(try await build.prints("now-42"))
                let group = build.identifier
                try #require(
                    getpgid(group) == group, "the program leads a group of its own, or we would kill ourselves")
                kill(-group, SIGKILL)
                #expect(try await build.result().status == 128 + SIGKILL)
                #expect(try await sandbox.leftovers(within: .seconds(3)) == [])
                #expect(try sandbox.names(in: sandbox.output) == [])
            }
        }

        @Test(
            "whichever process of the program is killed, nothing is left", .timeLimit(.minutes(1)),
            arguments: Victim.allCases)
        func anyProcess(_ victim: Victim) async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("stop", "finalise.d/50-stop", "echo now-$((40 + 2)); sleep 600")
                let arguments = ["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os", "stop"]
                let build = try sandbox.start(arguments)
                #expect(try await build.prints("now-42"))
                let names = try runTool("ps", ["-e", "-o", "pid=,ppid=,args="]).output
                kill(try #require(victim.identifier(outer: build.identifier, processes: names)), SIGKILL)
                #expect(try await build.result().status == 128 + SIGKILL)
                if victim == .tidier {
                    // Nobody is left to remove the trees: the next build sweeps them.
                    #expect(try await sandbox.leftovers(within: .seconds(1)).allSatisfy { $0.hasPrefix("tree ") })
                    try await sandbox.build(["-t", "raw", "-o", "x", "fake-os"]).expectStatus(0)
                    try FileManager.default.removeItem(atPath: sandbox.file("x.raw").string)
                }
                #expect(try await sandbox.leftovers(within: .seconds(3)) == [])
                #expect(try sandbox.names(in: sandbox.output) == [])
            }
        }

        /// The outer process started the one that tidies up, and that one the engine.
        enum Victim: CaseIterable {
            case outer
            case tidier
            case engine

            func identifier(outer: Int32, processes: String) -> Int32? {
                switch self {
                case .outer: outer
                case .tidier: child(of: outer, processes)
                case .engine: child(of: outer, processes).flatMap { child(of: $0, processes) }
                }
            }

            /// The child with the program's own arguments; what hooks left without a parent has others.
            private func child(of parent: Int32, _ processes: String) -> Int32? {
                for line in processes.split(separator: "\n") {
                    let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
                    guard fields.count == 3, Int32(fields[1]) == parent else { continue }
                    if fields[2].contains("disk-image-create") { return Int32(fields[0]) }
                }
                return nil
            }
        }
    }
}
