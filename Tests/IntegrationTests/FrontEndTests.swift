import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// What a build tells, and what it costs.
    @Suite struct FrontEnd {
        @Test(
            "--json prints one valid object per line, also when the build fails", .timeLimit(.minutes(1)),
            arguments: [0, 5])
        func jsonLines(status: Int) async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "talk", "install.d/50-talk", "printf 'a\\ttab \\xff\\x1b[1m \"quote\"\\n'; exit \(status)")
                let result = try await sandbox.build(["--json", "-t", "raw", "-o", "x", "fake-os", "talk"])
                result.expectStatus(Int32(status))
                let events = try result.lines.map { line in
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    return try #require(object?["event"] as? String, "\(line)")
                }
                #expect(events.first == "build-started")
                #expect(events.last == (status == 0 ? "build-finished" : "build-failed"))
                #expect(events.contains("hook-finished"))
            }
        }

        @Test("--logfile takes the output, DIB_QUIET the console's", .timeLimit(.minutes(1)))
        func logfile() async throws {
            try await withSandbox { sandbox in
                try "before\n".write(toFile: sandbox.file("log").string, atomically: false, encoding: .utf8)
                let logged = try await sandbox.build(["--logfile", "log", "-t", "raw", "-o", "x", "fake-os"])
                logged.expectStatus(0)
                #expect(logged.output == "Output logs going to: log\n")
                let log = try sandbox.text("log")
                #expect(log.hasPrefix("before\n"))
                #expect(log.contains(#/\n[0-9-]{10} [0-9:.]{12} \| Building in /#))
                #expect(log.hasSuffix(" | Build completed successfully\n"))
                let quiet = try await sandbox.build(
                    ["-t", "raw", "-o", "y", "fake-os"], environment: ["DIB_QUIET": "1"])
                quiet.expectStatus(0)
                #expect(quiet.output == "")
            }
        }

        @Test("a failure is told even where the console is quiet", .timeLimit(.minutes(1)))
        func quietFailure() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("bad", "install.d/50-bad", "echo detail; exit 3")
                let arguments = ["-t", "raw", "-o", "x", "fake-os", "bad"]
                let error = "error: hook 'install.d/50-bad' of element 'bad' failed (exit status 3)\n"
                let quiet = try await sandbox.build(arguments, environment: ["DIB_QUIET": "1"])
                quiet.expectStatus(3)
                #expect(quiet.output == error)
                let logged = try await sandbox.build(["--logfile", "log"] + arguments)
                logged.expectStatus(3)
                #expect(logged.output == "Output logs going to: log\n\(error)full log: log\n")
            }
        }

        @Test("the program needs less than 200 MB of memory, whatever the image's size", .timeLimit(.minutes(1)))
        func memory() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "large", "post-root.d/50-large", "head -c 100M /dev/urandom > \"$TMP_MOUNT_PATH/random\"")
                let build = try sandbox.start(
                    ["disk-image-create", "-n", "-t", "tar,raw,qcow2", "--checksum", "-o", "x", "fake-os", "large"],
                    environment: ["DIB_IMAGE_SIZE": "4"])
                var peak: [String: Int] = [:]
                while build.isRunning {
                    for (process, kilobytes) in try peakMemory(in: sandbox) { peak[process] = kilobytes }
                    try await Task.sleep(for: .milliseconds(20))
                }
                try await build.result().expectStatus(0)
                #expect(peak.count >= 3, "outer, init and engine were seen: \(peak)")
                #expect((peak.values.max() ?? .max) < 200_000, "\(peak)")
            }
        }

        /// `VmHWM` of the program's processes, in kB: the kernel keeps the highest value for us.
        private func peakMemory(in sandbox: BuildSandbox) throws -> [String: Int] {
            var result: [String: Int] = [:]
            for process in try sandbox.processes() where process.contains("disk-image-create") {
                let identifier = process.split(separator: " ")[1].dropLast()
                guard let status = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8),
                    let match = status.firstMatch(of: #/VmHWM:\s+(\d+) kB/#)
                else { continue }
                result[process] = Int(match.1)
            }
            return result
        }
    }
}
