import Foundation
import SystemPackage
import TestSupport
import Testing

/// Keys that RPM packages must be signed with, and the cache that builds share.
@Suite("Keys and cache of RPM builds")
struct RPMHostTests {
    /// Makes a key pair in `scratch/NAME` with its public half in `scratch/NAME.asc`, and gives the fingerprint.
    private func makeKey(_ name: String, in scratch: FilePath) throws -> String {
        let script = """
            set -eu
            mkdir -m 0700 "$2/$1"
            export GNUPGHOME=$2/$1
            gpg --batch --quiet --passphrase '' --quick-generate-key "$1@example.org" ed25519 sign never 2>/dev/null
            gpg --batch --armor --export > "$2/$1.asc"
            gpg --batch --with-colons --list-keys 2>/dev/null | awk -F : '$1 == "fpr" { print $10; exit }'
            gpgconf --kill all
            """
        let result = try runTool("/bin/bash", ["-c", script, "key", name, scratch.string])
        try #require(result.status == 0, "\(result.output)")
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func keys(_ scratch: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.appending("keys").string).sorted()
    }

    private func makeBench(_ scratch: FilePath, _ variables: [String: String]) throws -> HookBench {
        try FileManager.default.createDirectory(
            atPath: scratch.appending("keys").string, withIntermediateDirectories: true)
        return try HookBench(scratch, elements: ["rpm-host", "cache-url"], environment: variables)
    }

    @Test("keys come from files and directories, each in a file of its own", .requires(.tool("gpg")))
    func keyring() async throws {
        try await withScratchDirectory { scratch in
            let first = try makeKey("first", in: scratch)
            let second = try makeKey("second", in: scratch)
            try write(
                try readText(scratch.appending("first.asc")) + (try readText(scratch.appending("second.asc"))),
                to: scratch.appending("ring/both.asc"))
            let bench = try makeBench(scratch, ["DIB_RPM_KEYRING": "\(scratch)/ring \(scratch)/first.asc"])
            let result = try bench.runOutside("host-bin/rpm-keys", ["\(scratch)/keys"])
            #expect(result.status == 0, "\(result.output)")
            #expect(try keys(scratch) == ["\(first).asc", "\(second).asc"].sorted())
        }
    }

    @Test("a published key is taken only if it is the one that is known", .requires(.tool("gpg")))
    func published() async throws {
        try await withScratchDirectory { scratch in
            let key = try makeKey("project", in: scratch)
            let url = "file://\(scratch)/project.asc"
            var bench = try makeBench(
                scratch,
                ["DIB_RPM_KEY_URLS": url, "DIB_RPM_KEY_FINGERPRINTS": String(repeating: "A", count: 40)])
            let refused = try bench.runOutside("host-bin/rpm-keys", ["\(scratch)/keys"])
            #expect(refused.status == 1)
            #expect(refused.output.contains("is the key \(key), not one of: AAAA"))
            #expect(try keys(scratch) == [])
            bench.environment["DIB_RPM_KEY_FINGERPRINTS"] = key
            #expect(try bench.runOutside("host-bin/rpm-keys", ["\(scratch)/keys"]).status == 0)
            #expect(try keys(scratch) == ["\(key).asc"])
            try FileManager.default.removeItem(atPath: "\(scratch)/project.asc")
            bench.environment["DIB_OFFLINE"] = "1"
            #expect(try bench.runOutside("host-bin/rpm-keys", ["\(scratch)/keys"]).status == 0, "it is in the cache")
        }
    }

    @Test(
        "what is no key, or is not there, is refused", .requires(.tool("gpg")),
        arguments: [
            (["DIB_RPM_KEYRING": "/etc/hostname"], "'/etc/hostname' holds no OpenPGP key"),
            (["DIB_RPM_KEYRING": "/no/key"], "DIB_RPM_KEYRING names '/no/key', and there is no such file"),
            ([:], "no key is known that packages could be checked with; name one by DIB_RPM_KEYRING"),
            (["DIB_RPM_KEY_URLS": "file:///no/key"], "cannot fetch the key 'file:///no/key'"),
        ])
    func refused(_ row: (variables: [String: String], message: String)) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, row.variables)
            let result = try bench.runOutside("host-bin/rpm-keys", ["\(scratch)/keys"])
            #expect(result.status == 1)
            #expect(result.output.contains("rpm-keys: \(row.message)"), "\(result.output)")
        }
    }

    @Test("builds have directories of their own, and what one downloads is there for the next")
    func cache() async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeBench(scratch, ["DISTRO_NAME": "centos", "DIB_RELEASE": "9-stream"])
            let directory = try bench.runOutside("host-bin/rpm-cache", ["open", "dnf"]).output
                .trimmingCharacters(in: .newlines)
            try write("package", to: FilePath("\(directory)/repo-1/packages/a.rpm"))
            try write("metadata", to: FilePath("\(directory)/repo-1/repodata/repomd.xml"))
            #expect(try bench.runOutside("cleanup.d/50-rpm-cache").status == 0)
            #expect(isDirectory(directory) == false)
            bench.environment["TMP_BUILD_DIR"] = scratch.appending("dib_build.y").string
            let second = try bench.runOutside("host-bin/rpm-cache", ["open", "dnf"]).output
                .trimmingCharacters(in: .newlines)
            #expect(second != directory)
            #expect(try readText(FilePath("\(second)/repo-1/packages/a.rpm")) == "package")
            #expect(isDirectory("\(second)/repo-1/repodata") == false, "metadata age")
        }
    }

    @Test("what a killed build had downloaded is not lost")
    func killedBuild() async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeBench(scratch, ["DISTRO_NAME": "opensuse", "DIB_RELEASE": "15.6"])
            bench.environment["TMP_BUILD_DIR"] = scratch.appending("dib_build.gone").string
            let lost = try bench.runOutside("host-bin/rpm-cache", ["open", "zypper"]).output
                .trimmingCharacters(in: .newlines)
            try write("package", to: FilePath("\(lost)/b.rpm"))
            bench.environment["TMP_BUILD_DIR"] = scratch.appending("dib_build.x").string
            let next = try bench.runOutside("host-bin/rpm-cache", ["open", "zypper"]).output
                .trimmingCharacters(in: .newlines)
            #expect(try readText(FilePath("\(next)/b.rpm")) == "package")
            #expect(isDirectory(lost) == false)
        }
    }
}
