import Foundation
import SystemPackage
import TestSupport

/// The phases, as the probe names its files.
enum ProbePhase: String, CaseIterable {
    case root
    case extraData = "extra-data"
    case preInstall = "pre-install"
    case install
    case postInstall = "post-install"
    case postRoot = "post-root"
    case blockDevice = "block-device"
    case preFinalise = "pre-finalise"
    case finalise
    case cleanup

    var isInTarget: Bool { [.preInstall, .install, .postInstall, .finalise].contains(self) }
}

/// What a hook of one phase saw: a heading, variables, functions.
///
/// Values of several lines count by their first, as in the reference: `env | sort` scatters the others.
struct ProbeDump {
    var heading: String
    var variables: [String: String] = [:]
    var functions: [String] = []

    /// The recording of upstream, which is normalised already.
    init(reference phase: ProbePhase) throws {
        let folder = FilePath(#filePath).removingLastComponent().removingLastComponent().appending("Reference")
        let file = folder.appending(phase.rawValue + ".txt")
        self.init(try String(contentsOfFile: file.string, encoding: .utf8))
    }

    init(_ text: String) {
        var lines = text.split(separator: "\n").map(String.init)[...]
        heading = lines.popFirst() ?? ""
        for line in lines {
            if line == "MOUNTS" { break }
            if line.hasPrefix("declare -f") {
                functions.append(line)
            } else if let match = line.prefixMatch(of: #/([A-Za-z_][A-Za-z0-9_]*(?:%%)?)=/#) {
                let name = String(match.1)
                variables[name] = Self.comparable(name, String(line[match.range.upperBound...]))
            }
        }
    }

    /// Without what depends on the tree of the recording and the host: where its `env` is, and how large it is.
    private static func comparable(_ name: String, _ value: String) -> String {
        switch name {
        case "_": value.split(separator: "/").last.map(String.init) ?? value
        case "DIB_IMAGE_SIZE": Int(value).map { $0 > 0 && $0 % 64 == 0 } == true ? "@SIZE@" : value
        default: value
        }
    }
}

/// The probe elements in a sandbox: the team's own where they are, else this repository's.
struct ProbeFixture {
    private let sandbox: BuildSandbox
    private let elements: FilePath

    init(in sandbox: BuildSandbox) throws {
        self.sandbox = sandbox
        let shared = Checkout.root.removingLastComponent().appending("shared/fixtures/probe-elements")
        guard !FileManager.default.fileExists(atPath: shared.string) else {
            // Elements are known by their real paths, and the folder beside a checkout may be a link.
            elements = FilePath(URL(fileURLWithPath: shared.string).resolvingSymlinksInPath().path)
            return
        }
        elements = sandbox.elements
        try FileManager.default.copyItem(
            atPath: BuildSandbox.fixtures.appending("fake-os").string, toPath: elements.appending("probe-os").string)
        let dump = try String(contentsOfFile: BuildSandbox.fixtures.appending("probe/dump").string, encoding: .utf8)
        for phase in ProbePhase.allCases { try sandbox.addElement("probe", ["\(phase.rawValue).d/99-dump": dump]) }
        try sandbox.addElement("probe", ["environment.d/10-probe": "export PROBE_ENV=from-environment-d\n"])
    }

    /// The caller's environment when the reference was recorded; the sandbox only replaces what must be its own.
    var environment: [String: String?] {
        [
            "http_proxy": "", "MY_VAR": "hello", "LD_DEBUG_OUTPUT": "x",
            "ELEMENTS_PATH": elements.string, "PROBE_OUT": sandbox.output.string, "DIB_IMAGE_CACHE": nil,
            "DIB_IMAGE_SIZE": nil, "DIB_NO_TIMESTAMP": nil, "DIB_NO_TMPFS": nil,
        ]
    }

    /// What a hook of `phase` saw: dumps from inside the target are in the program's output.
    func dump(of phase: ProbePhase, output: String) throws -> ProbeDump {
        let text = phase.isInTarget ? inTarget(phase, output) : try sandbox.text("\(phase.rawValue).d")
        var dump = ProbeDump(normalised(text))
        dump.variables["INGOT_TEST_MARKER"] = nil
        // The caller's of this test, and only where the caller's belongs.
        if !phase.isInTarget { dump.variables["TMPDIR"] = nil }
        return dump
    }

    private func inTarget(_ phase: ProbePhase, _ output: String) -> String {
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.replacing(#/^[0-9-]{10} [0-9:.]{12} \| /#, with: "")
        }
        let dump = lines.drop { $0 != "BEGIN-IN-TARGET \(phase.rawValue).d" }.dropFirst()
        return dump.prefix { !$0.hasPrefix("END-IN-TARGET") }.joined(separator: "\n")
    }

    private func normalised(_ text: String) -> String {
        let temporary = NSRegularExpression.escapedPattern(for: sandbox.temporary.string)
        let rules = [
            ("\(temporary)/dib_build\\.[A-Za-z0-9]+", "@BUILD@"), ("\(temporary)/dib_image\\.[A-Za-z0-9]+", "@IMAGE@"),
            (NSRegularExpression.escapedPattern(for: elements.string), "@PROBE@"),
            (NSRegularExpression.escapedPattern(for: Checkout.elements.string), "@ELEMENTS@"),
            (NSRegularExpression.escapedPattern(for: Checkout.resources.appending("lib").string), "@LIB@"),
            ("(cwd|PWD)=\(NSRegularExpression.escapedPattern(for: sandbox.output.string))", "$1=@CWD@"),
            (NSRegularExpression.escapedPattern(for: sandbox.output.string), "@OUT@"),
            (NSRegularExpression.escapedPattern(for: sandbox.home.string), "/root"), ("/dev/loop[0-9]+", "/dev/loopN"),
        ]
        return rules.reduce(text) { text, rule in
            text.replacingOccurrences(of: rule.0, with: rule.1, options: .regularExpression)
        }
    }
}
