import Basics
import Foundation
import TestSupport
import Testing

@testable import Commands

/// Our parser beside util-linux `getopt`, which upstream calls: the same command lines, made at random from a fixed seed.
@Suite(.requires(.tool("getopt"), .tool("bash"))) struct GetoptOracleTests {
    private static let long = [
        "checksum", "no-tmpfs", "offline", "version", "min-tmpfs:", "image-size:", "image-cache:",
        "max-online-resize:", "mkfs-options:", "qemu-img-options:", "ramdisk-element:", "root-label:",
        "install-type:", "docker-target:", "logfile:",
    ]
    private static let words = [
        "vm", "debian", "-", "--", "-x", "-xnu", "-o", "-oname", "-xtqcow2,raw", "-t", "-p", "a b", "", "'", "-n-",
        "--image-size",
        "--image-size=5", "--image-s", "--image", "--image=", "--checksum", "--check", "--checksum=1", "--off", "--no",
        "--root-label", "--root=x=y", "--qemu", "--m", "--mi", "--wrong", "--wrong=1", "-Z", "-xZo", "-a",
        "--install-type=",
    ]

    @Test("accepts, arranges and refuses as getopt does", arguments: [false, true])
    func same(posixly: Bool) throws {
        var generator = SeededGenerator(seed: 21)
        let lines = (0..<80).map { _ in
            (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                Self.words[Int.random(in: 0..<Self.words.count, using: &generator)]
            }
        }
        var parser = OptionParser(
            program: "disk-image-create",
            definitions: OptionDefinition.short("a:o:t:xucnp:") + Self.long.map { OptionDefinition(long: $0) })
        parser.permutes = !posixly
        for line in lines { #expect(try judge(line, posixly: posixly) == answer(parser, line), "\(line)") }
    }

    /// One word a line, options first; or the messages.
    private func answer(_ parser: OptionParser, _ line: [String]) -> String {
        do {
            let result = try parser.parse(line)
            let options = result.options.flatMap { option in
                [(option.name.count == 1 ? "-" : "--") + option.name] + (option.value.map { [$0] } ?? [])
            }
            return (options + ["--"] + result.operands).map { $0 + "\n" }.joined()
        } catch {
            return error.messages.map { $0 + "\n" }.joined()
        }
    }

    private func judge(_ line: [String], posixly: Bool) throws -> String {
        let script = """
            if ! arranged=$(getopt -n disk-image-create -o a:o:t:xucnp: -l "$0" -- "$@"); then exit 1; fi
            eval set -- "$arranged"
            printf '%s\\n' "$@"
            """
        let list = Self.long.joined(separator: ",")
        var environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        environment["POSIXLY_CORRECT"] = posixly ? "1" : nil
        return try runTool("bash", ["-c", script, list] + line, environment: environment).output
    }
}
