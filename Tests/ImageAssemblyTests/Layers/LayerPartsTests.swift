import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

@Suite struct LayerPartsTests {
    @Test func `archives are found in both forms of apt's sources`() {
        let lines = """
            # deb http://not.this/ stable main
            deb [signed-by=/k.gpg arch=amd64] http://a.example/debian/ trixie main # comment
            deb-src http://a.example/debian trixie main
            deb http://a.example/debian trixie contrib
            deb copy:/srv/flat ./
            """
        #expect(
            AptSources(lines: lines).indexes.map(\.address)
                == ["http://a.example/debian/dists/trixie/InRelease", "file:///srv/flat/InRelease"])
        let stanzas = """
            Types: deb deb-src
            URIs: http://a.example/debian http://b.example/debian
            Suites: trixie
              trixie-updates
            Components: main

            Types: deb
            URIs: http://c.example
            Suites: x
            Enabled: no

            # only sources
            Types: deb-src
            URIs: http://d.example
            Suites: x
            """
        #expect(
            AptSources(stanzas: stanzas).indexes.map(\.address) == [
                "http://a.example/debian/dists/trixie/InRelease",
                "http://a.example/debian/dists/trixie-updates/InRelease",
                "http://b.example/debian/dists/trixie/InRelease",
                "http://b.example/debian/dists/trixie-updates/InRelease",
            ])
    }

    @Test func `repositories of RPM are known by base address or list of mirrors, if they are enabled`() {
        let text = """
            [fedora]
            metalink=https://m.example/metalink?repo=fedora-$releasever&arch=$basearch
            enabled=1
            [local]
            baseurl = http://l.example/${releasever_major}/$basearch
              http://second.example/
            [off]
            baseurl=http://off.example
            enabled=0
            """
        let repositories = RPMRepositories(
            text: "\n" + text, osRelease: "ID=x\nVERSION_ID=\"9.4\"\n", machine: "x86_64")
        #expect(
            repositories.addresses == [
                "https://m.example/metalink?repo=fedora-9.4&arch=x86_64",
                "http://l.example/9/x86_64/repodata/repomd.xml",
            ])
    }

    @Test func `the first part that differs is named`() throws {
        func key(_ parts: [(String, String)]) throws -> LayerKey {
            var key = LayerKey()
            for (name, text) in parts { try key.add(name, text) }
            return key
        }
        let old = try key([("a", "1"), ("b", "2"), ("c", "3")])
        #expect(try old.firstDifference(from: key([("a", "1"), ("b", "2"), ("c", "3")])) == nil)
        #expect(try key([("a", "1"), ("b", "x"), ("c", "y")]).firstDifference(from: old) == "b has changed")
        #expect(try key([("a", "1"), ("z", "x"), ("c", "y")]).firstDifference(from: old) == "z is new")
        #expect(try key([("a", "1"), ("b", "2")]).firstDifference(from: old) == "c is gone")
        #expect(try old.text().count == 32)
        // Names and values cannot run into each other.
        #expect(try key([("a 1", "x")]).text() != key([("a", "1 x")]).text())
    }

    @Test func `what a hook changes of the staged tree is made again`() async throws {
        try await withScratchDirectory { scratch in
            func shell(_ text: String) throws {
                let result = try runTool("bash", ["-ec", "cd \"$0\"; \(text)", scratch.string])
                #expect(result.status == 0, "\(result.output)")
            }
            try shell("mkdir -p one/a.d/sub one/b.d; echo 1 > one/a.d/x; echo 2 > one/a.d/y; touch one/b.d/gone")
            try shell("ln -s x one/a.d/link; cp -a one two")
            let before = try TreeListing.walk(scratch.appending("one"))
            try shell("cd one; echo 11 > a.d/x; rm b.d/gone; ln -sfn y a.d/link; rmdir a.d/sub; echo f > a.d/sub")
            try shell("mkdir -m 700 one/c.d; echo n > one/c.d/new; chmod 755 one/a.d/y")
            let changes = StagedChanges(from: before, to: try TreeListing.walk(scratch.appending("one")))
            #expect(
                Set(changes.changed).isSuperset(of: ["a.d/x", "a.d/link", "a.d/sub", "a.d/y", "c.d", "c.d/new"]))
            #expect(changes.removed.contains("b.d/gone") && changes.removed.contains("a.d/sub"))
            let runner = SubprocessRunner()
            let kept = scratch.appending("kept")
            try await changes.save(from: scratch.appending("one"), to: kept, runner: runner)
            try await changes.apply(kept, to: scratch.appending("two"), runner: runner)
            let listing = "find . -printf '%P %y %m %l\\n' | sort; find . -type f | sort | xargs cat"
            try shell("(cd one; \(listing)) > 1.txt; (cd two; \(listing)) > 2.txt; cmp 1.txt 2.txt")
        }
    }

    @Test func `keys, identifiers and seeds of one image enter no layer`() async throws {
        try await withScratchDirectory { scratch in
            func write(_ path: String, _ text: String) throws {
                let place = scratch.pushing(FilePath(path))
                try FileManager.default.createDirectory(
                    atPath: place.removingLastComponent().string, withIntermediateDirectories: true)
                try text.write(toFile: place.string, atomically: false, encoding: .utf8)
            }
            func text(_ path: String) -> String? {
                try? String(contentsOfFile: scratch.pushing(FilePath(path)).string, encoding: .utf8)
            }
            try write("etc/ssh/ssh_host_rsa_key", "-----BEGIN")
            try write("etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA")
            try write("etc/ssh/ssh_config", "Host *")
            try write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
            try write("var/lib/dbus/machine-id", "")
            try write("var/lib/systemd/random-seed", "seed")
            try write("etc/resolv.conf", TransientFiles.hostResolvers)
            try TransientFiles.scrub(scratch, keepsResolver: true)
            #expect(text("etc/ssh/ssh_host_rsa_key") == TransientFiles.keyText)
            #expect(text("etc/ssh/ssh_host_rsa_key.pub") == TransientFiles.keyText)
            #expect(text("etc/ssh/ssh_config") == "Host *")
            #expect(text("etc/machine-id") == TransientFiles.machineText)
            #expect(text("var/lib/dbus/machine-id") == "")
            #expect(text("var/lib/systemd/random-seed") == nil)
            #expect(text("etc/resolv.conf") == TransientFiles.resolverText)
            try TransientFiles.fillResolver(scratch)
            #expect(text("etc/resolv.conf") == TransientFiles.hostResolvers)
            // A later hook's layer holds no copy of what it has not changed.
            try TransientFiles.scrub(scratch, keepsResolver: false)
            #expect(text("etc/resolv.conf") == nil)
            let failed = try await TransientFiles.renew(
                scratch, runner: SubprocessRunner(), launcher: HookLauncher(root: "/nonexistent"))
            #expect(failed == ["ssh_host_rsa_key"])
            #expect(text("etc/ssh/ssh_host_rsa_key.pub") == nil)
            let identifier = try #require(text("etc/machine-id")).trimmedText
            #expect(identifier.count == 32 && identifier != TransientFiles.machineText.trimmedText)
        }
    }
}
