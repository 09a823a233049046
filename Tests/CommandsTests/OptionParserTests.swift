import Testing

@testable import Commands

@Suite struct OptionParserTests {
    private let parser = OptionParser(program: "disk-image-create", definitions: DiskImageOptions.definitions)

    private func parsed(_ line: String) throws -> OptionParser.Result {
        try parser.parse(line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        ("-o x vm", "o=x", "vm"), ("vm -ox", "o=x", "vm"), ("-xnu vm", "x n u", "vm"),
        ("-xtqcow2 a b", "x t=qcow2", "a b"),
        ("--image-size=5 vm", "image-size=5", "vm"), ("--image-size 5 vm", "image-size=5", "vm"),
        ("--image-s 5", "image-size=5", ""), ("--off -- -x vm", "offline", "-x vm"), ("a - b", "", "a - b"),
        ("--no", "no-tmpfs", ""), ("--qemu-img-options a=b,c=d", "qemu-img-options=a=b,c=d", ""),
        ("-x -x -p a,b -p c vm", "x x p=a,b p=c", "vm"), ("--mkfs-j 32", "mkfs-journal-size=32", ""),
    ])
    func acceptsWhatGetoptAccepts(line: String, options: String, operands: String) throws {
        let result = try parsed(line)
        let shown = result.options.map { option in
            option.value.map { "\(option.name)=\($0)" } ?? option.name
        }
        #expect(shown.joined(separator: " ") == options)
        #expect(result.operands.joined(separator: " ") == operands)
    }

    @Test(arguments: [
        ("--wrong", "unrecognized option '--wrong'"), ("-Z", "invalid option -- 'Z'"),
        ("-o", "option requires an argument -- 'o'"), ("--root-label", "option '--root-label' requires an argument"),
        ("--offline=yes", "option '--offline' doesn't allow an argument"),
        ("--image 5", "option '--image' is ambiguous; possibilities: '--image-size' '--image-cache'"),
    ])
    func refusesInGetoptsWords(line: String, message: String) {
        #expect(throws: OptionParserError(messages: ["disk-image-create: \(message)"])) { try parsed(line) }
    }

    @Test func everyErrorIsReportedAtOnce() {
        #expect(
            throws: OptionParserError(messages: [
                "disk-image-create: invalid option -- 'Z'", "disk-image-create: unrecognized option '--wrong'",
            ])
        ) { try parsed("-Z --wrong vm") }
    }

    @Test func withPosixlyCorrectTheFirstOperandEndsTheOptions() throws {
        var strict = parser
        strict.permutes = false
        #expect(try strict.parse(["-x", "vm", "-n"]).operands == ["vm", "-n"])
    }
}
