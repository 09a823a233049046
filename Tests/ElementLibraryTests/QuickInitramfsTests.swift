import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What makes mkinitramfs faster while an image is built: the same answers, and nothing of it left.
@Suite struct QuickInitramfsTests {
    private let names = Checkout.elements.appending("dpkg/initramfs/quick-names.sh")

    @Test func `it lies where mkinitramfs reads it, and is gone after the build`() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["dpkg"])
            let folder = "/usr/share/initramfs-tools"
            // The bench's own /usr is not there where no hook runs inside.
            func exists(_ path: String) -> Bool {
                FileManager.default.fileExists(atPath: bench.root.pushing(FilePath(String(path.dropFirst()))).string)
            }
            func run(_ hook: String) throws { #expect(try bench.runOutside(hook).status == 0) }
            try run("root.d/50-quick-initramfs")
            #expect(try exists("\(folder)/conf-hooks.d/dib-quick-names") && !readText(names).isEmpty)
            try run("cleanup.d/60-plain-initramfs")
            #expect(!exists(folder))
            // A directory of a package stays, were it empty.
            try run("root.d/50-quick-initramfs")
            try bench.place(
                "/.\n\(folder)\n\(folder)/conf-hooks.d\n", at: "/var/lib/dpkg/info/initramfs-tools-core.list")
            try run("cleanup.d/60-plain-initramfs")
            #expect(exists("\(folder)/conf-hooks.d") && !exists("\(folder)/conf-hooks.d/dib-quick-names"))
        }
    }

    @Test("answers are those of the programs", .requires(.tool("dash")))
    func answers() async throws {
        try await withScratchDirectory { scratch in
            try FileManager.default.createDirectory(
                atPath: scratch.appending("a/b c").string, withIntermediateDirectories: true)
            try "".write(toFile: scratch.appending("a/file").string, atomically: false, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: scratch.appending("link").string, withDestinationPath: "a")
            let base = scratch.string
            var paths = [
                "/", "//", "///usr", "/usr/", "//usr//bin", "/usr/./bin", "/usr/../bin", "/.", "/..", "usr", "", ".",
                "..",
                "/nowhere/at/all", "/bin", "/lib", base, "/\(base)/a/file", "\(base)/link/file", "\(base)/link",
                "\(base)/a/",
                "\(base)/a/b c", "\(base)/a/none", "\(base)/none/none", "a/file", "-e", "/a*b", "/a\\b",
            ]
            var random = SeededGenerator(seed: 3)
            let pieces = ["/", "//", "a", "b c", "file", ".", "..", "link", "none", "..."]
            for _ in 0..<60 {
                let words = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    pieces.randomElement(using: &random) ?? ""
                }
                paths.append((Bool.random(using: &random) ? base + "/" : "/") + words.joined(separator: "/"))
            }
            let calls = paths.flatMap { path in
                ["realpath -ms", "realpath -s", "realpath", "readlink -f", "readlink"].map {
                    "\($0) \(path.shellQuoted)"
                }
            }
            let script = calls.map { "\($0) 2>/dev/null; echo \"status $?\"" }.joined(separator: "\n")
            func run(_ head: String) throws -> String {
                let file = scratch.appending("script")
                try (head + script).write(toFile: file.string, atomically: false, encoding: .utf8)
                return try runTool("dash", [file.string], directory: base).output
            }
            let expected = try run("")
            #expect(try run(". '\(names)'\n") == expected)
            #expect(expected.split(separator: "\n").count > calls.count)
        }
    }

    /// The ramdisk of this host's own initramfs-tools, if it has them.
    @Test("a module that is there already is found out at once", .requires(.tool("dash")))
    func modules() async throws {
        let functions = "/usr/share/initramfs-tools/hook-functions"
        guard FileManager.default.fileExists(atPath: functions) else { return }
        let script = """
            verbose=n; DESTDIR=$1; . \(functions); . '\(names)'
            command -v _dib_copy_file >/dev/null || { echo other version; exit 0; }
            module=$(find /lib/modules/ -name '*.ko*' | head -n 1)
            [ -n "$module" ] || { echo no modules; exit 0; }
            copy_file module "$module"; echo $?
            copy_file module "$module"; echo $?
            _dib_copy_file module "$module"; echo $?
            copy_file module "$module.none"; echo $?
            cmp "$module" "$DESTDIR/usr$module"; echo $?
            """
        try await withScratchDirectory { scratch in
            let result = try runTool("dash", ["-c", script, "test", scratch.string]).output
            #expect(["0\n1\n1\n2\n0\n", "other version\n", "no modules\n"].contains(result))
        }
    }
}
