import Foundation
import SystemPackage
import TestSupport
import Testing

/// Directories of one test, and the program run in them: nothing it does may be seen outside, or stay.
struct BuildSandbox: Sendable {
    let path: FilePath
    /// In the environment of every process of this test, which is how they are found.
    let marker: String

    var elements: FilePath { path.appending("elements") }
    var temporary: FilePath { path.appending("tmp") }
    var home: FilePath { path.appending("home") }
    /// The directory in which the program is started.
    var output: FilePath { path.appending("out") }

    static let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent().appending("Fixtures")

    init(_ path: FilePath) throws {
        self.path = path
        marker = "INGOT_TEST_MARKER=\(path)"
        for directory in [elements, temporary, home, output] {
            try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        }
    }

    /// The whole environment of the program: a small disk, no network, nothing of the developer's own.
    func environment(_ changes: [String: String?] = [:]) -> [String: String] {
        var result = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home.string,
            "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash", "TERM": "dumb", "LANG": "C.UTF-8",
            "TMPDIR": temporary.string, "ELEMENTS_PATH": "\(elements):\(Self.fixtures)", "DIB_IMAGE_SIZE": "0.06",
            "DIB_NO_TIMESTAMP": "1", "DIB_NO_TMPFS": "1", "INGOT_TEST_MARKER": path.string,
        ]
        result["INGOT_LAYER_TREES"] = LayerTrees.current.variable
        for (name, value) in changes { result[name] = value }
        return result
    }

    /// Writes an element: file name inside it → text; text that begins with `#!` is executable.
    func addElement(_ name: String, _ files: [String: String]) throws {
        for (file, text) in files {
            let path = elements.appending(name).pushing(FilePath(file))
            try FileManager.default.createDirectory(
                atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
            try text.write(toFile: path.string, atomically: false, encoding: .utf8)
            chmod(path.string, text.hasPrefix("#!") ? 0o755 : 0o644)
        }
    }

    /// An element of one hook; `body` is bash with `set -eu`.
    func addHook(_ element: String, _ hook: String, _ body: String) throws {
        try addElement(element, [hook: "#!/bin/bash\nset -eu\n\(body)\n"])
    }

    /// Runs `disk-image-create -n …` to its end.
    func build(
        _ arguments: [String], environment changes: [String: String?] = [:], directory: FilePath? = nil
    ) async throws -> BuildResult {
        let build = try start(["disk-image-create", "-n"] + arguments, environment: changes, directory: directory)
        return try await build.result()
    }

    func start(
        program: FilePath = Checkout.ingot, _ arguments: [String], environment changes: [String: String?] = [:],
        directory: FilePath? = nil
    ) throws -> RunningBuild {
        try RunningBuild(
            program, arguments, environment: environment(changes), directory: directory ?? output,
            log: path.appending("log-\(UUID().uuidString)"))
    }

    func file(_ name: String) -> FilePath { output.appending(name) }

    func text(_ name: String) throws -> String { try String(contentsOfFile: file(name).string, encoding: .utf8) }

    func names(in directory: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted()
    }
}

/// Runs a test in a sandbox and demands that nothing is left of its builds.
func withSandbox<Result>(
    _ name: String = #function, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (BuildSandbox) async throws -> Result
) async throws -> Result {
    try await withScratchDirectory(name) { path in
        let sandbox = try BuildSandbox(path)
        let result = try await body(sandbox)
        let leftovers = try await sandbox.leftovers(within: .seconds(3))
        #expect(leftovers == [], sourceLocation: sourceLocation)
        return result
    }
}
