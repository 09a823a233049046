import Foundation
package import SystemPackage
package import Testing

/// An ordinary user who exists for one test, with a home of its own and the usual 65536 subordinate ids.
package struct ThrowawayUser: Sendable {
    package let name: String
    package let identifier: UInt32
    package let home: FilePath

    /// The words of a command that becomes this user, in the same process, and then the program.
    package func words(_ program: String, _ arguments: [String]) -> [String] {
        [
            "setpriv", "--reuid", name, "--regid", name, "--init-groups", "env", "HOME=\(home)", "USER=\(name)",
            "LOGNAME=\(name)", program,
        ] + arguments
    }

    /// Runs a tool as this user, in its home.
    package func run(_ program: String, _ arguments: [String]) throws -> ToolResult {
        let words = words(program, arguments)
        return try runTool(words[0], Array(words.dropFirst()), directory: home.string)
    }

    /// What this machine lacks for tests as an ordinary user.
    static var missing: [String] {
        let needed: [HostAbility] = [
            .root, .tool("useradd"), .tool("newuidmap"), .tool("newgidmap"), .tool("setpriv"),
        ]
        let missing = needed.filter { !$0.isPresent }.map(\.description)
        guard missing.isEmpty else { return missing }
        let program = Bundle.main.executablePath ?? ""
        let others = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "test", "-x", program]
        return (try? runTool("setpriv", others).status) == 0 ? [] : ["a checkout that other users may enter"]
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where no user can be made for it, or that user could not run what is tested.
    package static var requiresOrdinaryUsers: Self {
        let missing = ThrowawayUser.missing
        return .enabled(if: missing.isEmpty, "needs \(missing.joined(separator: ", "))")
    }
}

/// Makes a user, and removes it again with its home, whatever `body` does.
package func withThrowawayUser<Result>(_ body: (ThrowawayUser) async throws -> Result) async throws -> Result {
    let name = "ingot-test-" + String(UInt32.random(in: 0x10_0000...0xffff_ffff), radix: 36)
    let home = FilePath("/tmp/\(name)")
    let words = ["--create-home", "--home-dir", home.string, "--skel", "/nonexistent", "--shell", "/bin/bash", name]
    // Another test's useradd may hold the lock of the password file.
    guard try await eventually(within: .seconds(20), { try runTool("useradd", words).status == 0 }) else {
        throw POSIXError(.EAGAIN)
    }
    let outcome: Swift.Result<Result, any Error>
    do {
        let text = try runTool("id", ["-u", name]).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let identifier = try #require(UInt32(text))
        outcome = .success(try await body(ThrowawayUser(name: name, identifier: identifier, home: home)))
    } catch { outcome = .failure(error) }
    let removed = try await eventually(within: .seconds(20)) { try runTool("userdel", ["--force", name]).status == 0 }
    #expect(removed, "user '\(name)' is left")
    try FileManager.default.removeItem(atPath: home.string)
    return try outcome.get()
}
