import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// The shared object that shifts the time of day, in programs that are not ours.
@Suite(.timeLimit(.minutes(1))) struct ShiftedClockTests {
    private func withClock<Result>(
        _ seconds: Int, _ body: (ShiftedClock, [String: String]) throws -> Result
    ) throws -> Result {
        let clock = try #require(try ShiftedClock.create(seconds: seconds))
        defer { clock.remove() }
        return try body(clock, ProcessInfo.processInfo.environment.merging(["LD_PRELOAD": clock.path.string]) { $1 })
    }

    /// Every way in which scripts ask for the time.
    @Test(
        "the time of day is shifted",
        arguments: [398 * 86400, -37 * 86400],
        [
            ["/bin/date", "+%s"], ["/bin/bash", "-c", "printf '%(%s)T\\n' -1"], ["/usr/bin/perl", "-e", "print time"],
            ["/usr/bin/python3", "-c", "import time; print(int(time.time()))"],
            ["/usr/bin/awk", "BEGIN { srand(); print srand() }"],
        ])
    func shifts(seconds: Int, words: [String]) throws {
        try withClock(seconds) { _, variables in
            let before = Int(Date().timeIntervalSince1970)
            let result = try runTool(words[0], Array(words.dropFirst()), environment: variables)
            let text = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(result.status == 0)
            let shown = try #require(Int(text), "\(result.output)")
            #expect((before...before + 20).contains(shown - seconds), "\(shown - before)")
        }
    }

    @Test("what measures spans goes on as before, and errors have their numbers", .requires(.tool("python3")))
    func spans() throws {
        try withClock(1000) { _, variables in
            let script = """
                import ctypes, os, time
                libc = ctypes.CDLL(None, use_errno=True)
                span = time.clock_gettime(time.CLOCK_MONOTONIC)
                assert abs(span - float(open("/proc/uptime").read().split()[0])) < 5, span
                times = (ctypes.c_long * 2)()
                assert libc.clock_gettime(99, times) == -1 and ctypes.get_errno() == 22, ctypes.get_errno()
                assert libc.chroot(b"/no/such/directory") == -1 and ctypes.get_errno() == 2, ctypes.get_errno()
                now = int(open("/proc/stat").read().split("btime ")[1].split()[0]) + span + 1000
                assert libc.gettimeofday(times, None) == 0 and abs(times[0] - now) < 5, times[0]
                assert libc.timespec_get(times, 1) == 1 and abs(times[0] - now) < 5, times[0]
                assert libc.timespec_get(times, 7) == 0
                seconds = ctypes.c_long()
                libc.time.restype = ctypes.c_long
                assert libc.time(ctypes.byref(seconds)) == seconds.value and abs(seconds.value - now) < 5
                assert libc.gettimeofday(None, None) == 0
                print("well")
                """
            let result = try runTool("/usr/bin/python3", ["-c", script], environment: variables)
            #expect(result == ToolResult(status: 0, output: "well\n"))
        }
    }

    /// A root with a dynamic shell and `date`, made of the host's own.
    private func makeRoot(_ root: FilePath) throws {
        let script = """
            set -eu
            for program in /bin/sh /bin/date; do
                for file in "$(readlink -f "$program")" $(ldd "$program" | grep -o '/[^ ]*'); do
                    mkdir -p "$0$(dirname "$file")"
                    cp -L "$file" "$0$file"
                done
            done
            mkdir -p "$0/tmp" "$0/bin"
            [ -e "$0/bin/sh" ] || cp -L /bin/sh "$0/bin/sh"
            [ -e "$0/bin/date" ] || cp -L /bin/date "$0/bin/date"
            """
        #expect(try runTool("/bin/sh", ["-c", script, root.string]) == ToolResult(status: 0, output: ""))
    }

    @Test("a program that enters another root takes it along, and it can be taken out", .requires(.root))
    func entersRoots() async throws {
        try await withScratchDirectory { root in
            try makeRoot(root)
            try withClock(398 * 86400) { clock, variables in
                let now = Int(Date().timeIntervalSince1970)
                for _ in 1...2 {
                    let result = try runTool(
                        "/usr/sbin/chroot", [root.string, "/bin/sh", "-c", "date +%s"], environment: variables)
                    let shown = try #require(Int(result.output.trimmingCharacters(in: .newlines)), "\(result.output)")
                    #expect((now...now + 20).contains(shown - clock.seconds))
                }
                let inside = root.pushing(FilePath(String(clock.path.string.dropFirst())))
                #expect(FileManager.default.contentsEqual(atPath: inside.string, andPath: clock.path.string))
                #expect(try inside.stat().permissions.rawValue == 0o755)
                try ShiftedClock.remove(clock.path, from: root)
                try ShiftedClock.remove(clock.path, from: root)
                #expect(try FileManager.default.contentsOfDirectory(atPath: root.appending("tmp").string) == [])
            }
        }
    }

    @Test("binutils find nothing wrong with it", .requires(.tool("readelf")))
    func wellFormed() throws {
        try withClock(1) { clock, _ in
            let result = try runTool(
                "readelf", ["--wide", "--use-dynamic", "--program-headers", "--dynamic", "--relocs", clock.path.string])
            #expect(result.status == 0 && !result.output.lowercased().contains("warning"), "\(result.output)")
            for part in ["R E", "GNU_STACK", "__errno_location"] {
                #expect(result.output.contains(part), "\(part) in \(result.output)")
            }
        }
    }
}
