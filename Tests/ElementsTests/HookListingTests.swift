import Elements
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct HookListingTests {
    @Test func environmentScriptsAreOrderedByBytes() {
        let names = ["10-b", "100-c", "9-a", "foo.bash", "10-b.bash", "bad name", "x~"]
        var entries = names.map { DirectoryEntry(name: $0, kind: .file) }
        entries.append(DirectoryEntry(name: "11-link", kind: .linkToFile))
        entries.append(DirectoryEntry(name: "12-gone", kind: .danglingLink))
        entries.append(DirectoryEntry(name: "sub", kind: .directory))
        #expect(
            EnvironmentScripts.paths(in: "/h/environment.d", entries: entries.shuffled()).map(\.string)
                == ["10-b", "10-b.bash", "100-c", "11-link", "9-a", "foo.bash"].map { "/h/environment.d/\($0)" })
    }

    @Test func aStagedPhaseIsReadAgainWithWhatTheBuildAdded() async throws {
        try await withScratchDirectory { root in
            let tree = root.appending("hooks")
            try write(
                ["install.d/10-staged": "", "install.d/100-late": "", "install.d/x-source-install/20-typed": ""],
                below: tree, executable: true)
            try write(["install.d/30-added": "", "install.d/has.dot": ""], below: tree, executable: true)
            try write(["install.d/40-data": ""], below: tree)
            try makeLink(tree.appending("install.d/20-typed"), to: "x-source-install/20-typed")
            try makeLink(tree.appending("install.d/60-link"), to: "../install.d/10-staged")
            try makeLink(tree.appending("install.d/70-gone"), to: "nowhere")
            let origins = try stagingPlan().origins
            let listing = try #require(try HookListing.read(.install, stagedAt: tree))
            #expect(
                listing.hooks(origins: origins).map { "\($0.fileName) \($0.element)" } == [
                    "10-staged a", "20-typed b", "30-added (build)", "60-link a", "100-late a",
                ])
            #expect(listing.hooks(origins: origins).first?.path == tree.appending("install.d/10-staged"))
            #expect(listing.nonExecutableNames == ["40-data"])
            #expect(listing.nonConformingNames() == ["has.dot"])
            #expect(try HookListing.read(.cleanup, stagedAt: tree) == nil)
            #expect(try EnvironmentScripts.read(stagedAt: tree).isEmpty)
        }
    }

    private func stagingPlan() throws -> StagingPlan {
        let own = ElementListing(
            element: "a", path: "/e/a",
            directories: [
                .init(
                    name: "install.d",
                    entries: ["10-staged", "100-late"].map { DirectoryEntry(name: $0, kind: .file, isExecutable: true) }
                )
            ], files: [])
        let typed = ElementListing(
            element: "b", path: "/e/b",
            directories: [
                .init(name: "install.d", entries: [DirectoryEntry(name: "x-source-install", kind: .directory)])
            ], files: [])
        return try StagingPlan([own, typed])
    }

    @Test func anElementsDirectoryIsListedTwoLevelsDeep() async throws {
        try await withScratchDirectory { root in
            let root = try realPath(root)
            try write(["e/root.d/10-x": "#!/bin/sh\n"], below: root, executable: true)
            try write(["e/root.d/notes": "", "e/README": "", "e/static/etc/conf": ""], below: root)
            try makeLink(root.appending("e/linked.d"), to: "root.d")
            try makeLink(root.appending("e/pkg-map"), to: "README")
            try makeLink(root.appending("e/gone"), to: "nowhere")
            let listing = try ElementListing.load(Element(name: "e", path: root.appending("e")))
            let hooks = [
                DirectoryEntry(name: "10-x", kind: .file, isExecutable: true),
                DirectoryEntry(name: "notes", kind: .file),
            ]
            let expected = ElementListing(
                element: "e", path: root.appending("e"),
                directories: [
                    .init(name: "linked.d", entries: hooks), .init(name: "root.d", entries: hooks),
                    .init(name: "static", entries: [DirectoryEntry(name: "etc", kind: .directory, isExecutable: true)]),
                ],
                files: [
                    DirectoryEntry(name: "README", kind: .file),
                    DirectoryEntry(name: "pkg-map", kind: .linkToFile, linkTarget: "README"),
                ])
            #expect(listing == expected)
        }
    }
}
