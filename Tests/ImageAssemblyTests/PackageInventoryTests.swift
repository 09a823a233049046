import Foundation
import ImageAssembly
import LinuxOS
import Provenance
import SystemPackage
import TestSupport
import Testing

/// What is installed, read from databases that the package managers themselves have written.
@Suite("Package inventory")
struct PackageInventoryTests {
    private func read(_ root: FilePath) async throws -> PackageInventory {
        let work = root.removingLastComponent().appending("work")
        try FileManager.default.createDirectory(atPath: work.string, withIntermediateDirectories: true)
        return try await PackageInventory.read(root: root, scratch: work, runner: SubprocessRunner(), runsTree: false)
    }

    private func makeTree(_ scratch: FilePath, _ release: String) throws -> FilePath {
        let root = scratch.appending("tree")
        try FileManager.default.createDirectory(
            atPath: root.appending("etc").string, withIntermediateDirectories: true)
        try release.write(toFile: root.appending("etc/os-release").string, atomically: true, encoding: .utf8)
        return root
    }

    @Test("rpm's database is read without a change to it", .requires([.root] + RPMRepositories.tools))
    func rpm() async throws {
        try await withScratchDirectory { scratch in
            let root = try makeTree(scratch, "ID=fedora\nVERSION_ID=40\n")
            let repository = try RPMRepositories.make()
            let names = FileManager.default.enumerator(atPath: repository.string)?.compactMap { $0 as? String } ?? []
            let files = names.filter { $0.hasSuffix(".rpm") && !$0.hasSuffix(".src.rpm") }.sorted().prefix(3)
            try #require(files.count == 3)
            for file in files {
                let result = try runTool(
                    "rpm",
                    [
                        "--root", root.string, "--dbpath", "/usr/lib/sysimage/rpm", "--justdb", "--nodeps",
                        "--nosignature", "--noscripts", "--notriggers", "--force", "--ignorearch", "--ignoreos", "-i",
                        repository.pushing(FilePath(file)).string,
                    ])
                try #require(result.status == 0, "\(result.output)")
            }
            let before = try TreeListing.walk(root)
            let inventory = try await read(root)
            #expect(try TreeListing.walk(root) == before)
            #expect(inventory.problems.isEmpty)
            let asked = try files.map {
                try runTool(
                    "rpm",
                    [
                        "-qp", "--nosignature", "--qf", "%{NAME} %{VERSION}-%{RELEASE} %{ARCH}",
                        repository.pushing(FilePath($0)).string,
                    ]
                ).output
            }
            let found = inventory.packages.map { package in
                "\(package.name) \(package.version.split(separator: ":").last ?? "") \(package.architecture)"
            }
            #expect(Set(found) == Set(asked))
            #expect(inventory.packages.allSatisfy { $0.url(on: inventory.system).hasPrefix("pkg:rpm/fedora/") })
        }
    }

    @Test("what is broken is said, not left out in silence", .requires(.tool("rpm")))
    func broken() async throws {
        try await withScratchDirectory { scratch in
            let root = try makeTree(scratch, "ID=fedora\n")
            let folder = root.appending("var/lib/rpm")
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            try "no database".write(toFile: folder.appending("rpmdb.sqlite").string, atomically: true, encoding: .utf8)
            let inventory = try await read(root)
            #expect(inventory.packages.isEmpty && inventory.problems.count == 1)
        }
    }

    @Test("links in a tree lead nowhere else")
    func links() async throws {
        try await withScratchDirectory { scratch in
            let root = try makeTree(scratch, "ID=debian\n")
            let folder = root.appending("var/lib/dpkg")
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            let outside = scratch.appending("status")
            try "Package: x\nStatus: install ok installed\nVersion: 1\n".write(
                toFile: outside.string, atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending("status").string, withDestinationPath: outside.string)
            #expect(try await read(root).packages.isEmpty)
        }
    }
}
