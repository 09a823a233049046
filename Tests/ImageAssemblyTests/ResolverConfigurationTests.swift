import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// `/etc/resolv.conf` of the target over a build (compat-core section 7.5).
@Suite struct ResolverConfigurationTests {
    private static var host: String {
        get throws { text("/etc/resolv.conf") ?? "nameserver 8.8.8.8\n" }
    }

    /// A regular file's text, `-> target` of a link, `-` for nothing.
    private func entry(_ path: FilePath) -> String { target(path).map { "-> \($0)" } ?? text(path) ?? "-" }

    private func entries(_ root: FilePath, _ directory: String = "etc") -> [String] {
        ["resolv.conf", "resolv.conf.ORIG"].map { entry(root.appending(directory).appending($0)) }
    }

    @Test(
        "the image's own file is put aside and comes back", arguments: ["own\n", "-> ../run/x", "-> /etc/passwd", "-"])
    func roundTrip(own: String) async throws {
        try await withScratchDirectory { root in
            try write(["etc/hostname": "h"], below: root)
            if own != "-" { try write(["etc/resolv.conf": own], below: root) }
            let resolver = try ResolverConfiguration(root: root)
            try resolver.install()
            #expect(entries(root) == [try Self.host, own])
            #expect(
                try runTool("stat", ["-c", "%a %F", root.appending("etc/resolv.conf").string]).output.hasPrefix(
                    "777 regular"))
            try resolver.restore()
            #expect(entries(root) == [own, "-"])
        }
    }

    @Test func anElementMaySayWhatTheImageShallHave() async throws {
        try await withScratchDirectory { root in
            try write(["etc/hostname": "h"], below: root)
            try ResolverConfiguration(root: root).install()
            try write(["etc/resolv.conf.ORIG": "of an element\n"], below: root)
            try ResolverConfiguration(root: root).restore()
            #expect(entries(root) == ["of an element\n", "-"])
        }
    }

    @Test func aLinkMadeByAHookStays() async throws {
        try await withScratchDirectory { root in
            try write(["etc/resolv.conf": "own\n"], below: root)
            let resolver = try ResolverConfiguration(root: root)
            try resolver.install()
            try FileManager.default.removeItem(atPath: root.appending("etc/resolv.conf").string)
            try write(["etc/resolv.conf": "-> ../run/systemd/resolve/stub-resolv.conf"], below: root)
            try resolver.restore()
            #expect(entries(root) == ["-> ../run/systemd/resolve/stub-resolv.conf", "-"])
        }
    }

    @Test(.requires(.root, .tool("chattr"))) func anImmutableFileStays() async throws {
        try await withScratchDirectory { root in
            try write(["etc/resolv.conf": "own\n"], below: root)
            let resolver = try ResolverConfiguration(root: root)
            try resolver.install()
            let file = root.appending("etc/resolv.conf").string
            guard try runTool("chattr", ["+i", file]).status == 0 else { return }
            defer { _ = try? runTool("chattr", ["-i", file]) }
            try resolver.restore()
            #expect(entries(root) == [try Self.host, "-"])
        }
    }

    /// A link of the image that is absolute means a place in the image, whatever the host has there.
    @Test func linksOfTheImageStayInTheImage() async throws {
        try await withScratchDirectory { scratch in
            let (root, outside) = (scratch.appending("root"), scratch.appending("outside"))
            try write(["resolv.conf": "of the host\n"], below: outside)
            // The same absolute path exists inside the image as well.
            try write(["etc": "-> \(outside)"], below: root)
            try write(["resolv.conf": "own\n"], below: root.appending(outside.components))
            let resolver = try ResolverConfiguration(root: root)
            try resolver.install()
            #expect(entries(root.appending(outside.components), ".") == [try Self.host, "own\n"])
            try resolver.restore()
            #expect(entries(root.appending(outside.components), ".") == ["own\n", "-"])
            #expect(text(outside.appending("resolv.conf")) == "of the host\n")
            #expect(try names(in: outside) == ["resolv.conf"])
        }
    }

    @Test func aLinkThatLeadsNowhereInTheImageIsAnError() async throws {
        try await withScratchDirectory { scratch in
            let (root, outside) = (scratch.appending("root"), scratch.appending("outside"))
            try write(["resolv.conf": "of the host\n"], below: outside)
            for link in ["\(outside)", "../outside"] {
                try? FileManager.default.removeItem(atPath: root.string)
                try write(["etc": "-> \(link)"], below: root)
                #expect(throws: (any Error).self) { try ResolverConfiguration(root: root).install() }
                #expect(text(outside.appending("resolv.conf")) == "of the host\n")
            }
        }
    }
}
