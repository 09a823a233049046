import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// The honest cache: after any single change, a build with layers gives the tree that a build without them gives.
    ///
    /// `INGOT_MUTATIONS` says how many changes to try (`make mutation-test`: 220); each costs two builds. Changes are
    /// drawn with a fixed seed from every kind there is, and stay, so that the store holds ever more layers to be
    /// taken for the right one.
    @Suite struct LayerMutations {
        @Test func `no single change of an input gives a stale tree`() async throws {
            let count = ProcessInfo.processInfo.environment["INGOT_MUTATIONS"].flatMap { Int($0) } ?? 8
            try await withSandbox { sandbox in
                var subject = try MutationSubject(sandbox)
                var random = SeededGenerator(seed: 7)
                var before = try await subject.tree(cached: true).entries
                var needless: [String] = []
                var hookCount = 0
                for number in 1...count {
                    let kind = MutationSubject.Kind.allCases[(number - 1) % MutationSubject.Kind.allCases.count]
                    let what = try subject.mutate(kind, number, using: &random)
                    let cached = try await subject.tree(cached: true)
                    let clean = try await subject.tree(cached: false)
                    #expect(cached.entries == clean.entries, "change \(number), \(what): stale")
                    #expect(!clean.entries.isEmpty && clean.reused == 0)
                    if clean.entries == before, cached.run > 0 { needless.append("\(what): \(cached.run) hooks run") }
                    before = clean.entries
                    hookCount = clean.run
                }
                // Nothing changed: nothing runs.
                let again = try await subject.tree(cached: true)
                #expect(again.run == 0 && again.reused == hookCount)
                print("mutations: \(count), needless misses: \(needless.count)", needless.joined(separator: "; "))
            }
        }
    }
}

/// Elements, a repository, files and variables that a build depends on, and the ways in which they change.
struct MutationSubject {
    enum Kind: CaseIterable {
        case hookByte, hookComment, hookMode, variable, sharedFile, sharedMode, newSharedFile, linkTarget, inputFile
        case packageIndex, gitCommit, environmentScript, newHook, removedFile, phaseData, engineFile, packageList
        case unrelatedVariable, imageName, unrelatedHook, resolvedLink, mirrorVariable
    }

    struct Tree {
        /// Path → kind, mode, owner, size and digest of the contents.
        let entries: [String: String]
        let reused: Int
        let run: Int
    }

    let sandbox: BuildSandbox
    private var variables: [String: String]
    private var name = "image"

    init(_ sandbox: BuildSandbox) throws {
        self.sandbox = sandbox
        let repository = sandbox.path.appending("archive")
        variables = [
            "DIB_APT_SOURCES_CONF": "default:deb file:\(repository) stable main", "DIB_REPOSITORY": repository.string,
            "DIB_HOST_FILE": sandbox.path.appending("host-file").string, "DIB_ONE": "1", "DIB_TWO": "2",
            "DIB_GIT": sandbox.path.appending("git").string, "INGOT_SHARE": sandbox.path.appending("share").string,
        ]
        try write(repository.appending("dists/stable/InRelease"), "Date: 0\n")
        try write(sandbox.path.appending("host-file"), "host 0\n")
        try git(["init", "-q", "-b", "main", sandbox.path.appending("git").string])
        try commit("0")
        for folder in ["Resources", "elements"] {
            let target = sandbox.path.appending("share").appending(folder)
            try FileManager.default.createDirectory(
                atPath: sandbox.path.appending("share").string, withIntermediateDirectories: true)
            let source = folder == "Resources" ? Checkout.resources : Checkout.elements
            try FileManager.default.copyItem(atPath: source.string, toPath: target.string)
        }
        try FileManager.default.copyItem(
            atPath: BuildSandbox.fixtures.appending("fake-os").string,
            toPath: sandbox.elements.appending("small-os").string)
        try addElements()
    }

    private func addElements() throws {
        try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
        let inputs = "inputs:\n  - packages: apt\n  - file: ${DIB_HOST_FILE}\n  - git: ${DIB_GIT} main\n"
        try sandbox.addElement(
            "subject",
            [
                "element.yaml": "summary: Subject.\n" + inputs,
                "environment.d/10-subject": "export DIB_DERIVED=\"derived ${DIB_TWO:-}\"\n",
                "lib/functions": "say() { echo \"$1 $DIB_ONE\"; }\n", "data/one": "1\n", "data/two": "2\n",
                "bin/tool": "#!/bin/bash\necho tool $DIB_TWO\n",
                "extra-data.d/10-inputs": hook(
                    "cp \"$DIB_REPOSITORY/dists/stable/InRelease\" \"$TMP_MOUNT_PATH/release\"\n"
                        + "cp \"$DIB_HOST_FILE\" \"$TMP_MOUNT_PATH/host-file\"\n"
                        + "git -C \"$DIB_GIT\" rev-parse main > \"$TMP_MOUNT_PATH/commit\""),
                "extra-data.d/20-data": hook(
                    "mkdir -p \"$TMP_MOUNT_PATH/data\"\ncp -a \"$TMP_HOOKS_PATH\"/data/. \"$TMP_MOUNT_PATH/data/\"\n"
                        + "install -m 755 \"$TMP_HOOKS_PATH/bin/tool\" \"$TMP_MOUNT_PATH/usr/local/bin/tool\""),
                "extra-data.d/30-links": hook("ln -sfn ../data/one \"$TMP_HOOKS_PATH/install.d/data-link\""),
                "install.d/10-derived": hook("echo \"$DIB_DERIVED\" > /derived"),
                "install.d/20-functions": hook(
                    "source \"$(dirname \"$0\")/../lib/functions\"\nsay hello > /said\ntool > /tooled"),
                "install.d/30-notes": hook("cat \"$(dirname \"$0\")/notes.txt\" > /notes\nrm -rf /data/two"),
                "install.d/notes.txt": "notes\n",
                "post-install.d/50-last": hook("ls / > /listing\nchmod 600 /said"),
                "finalise.d/50-other": hook("true"),
            ])
        let data = sandbox.elements.appending("subject").appending("data").appending("link")
        try FileManager.default.createSymbolicLink(atPath: data.string, withDestinationPath: "one")
    }

    private func hook(_ body: String) -> String { "#!/bin/bash\nset -eu\n\(body)\n" }

    // MARK: - Changing

    /// Makes one change; gives what it was.
    mutating func mutate(_ kind: Kind, _ number: Int, using random: inout SeededGenerator) throws -> String {
        let subject = sandbox.elements.appending("subject")
        let hooks = [
            "extra-data.d/20-data", "install.d/10-derived", "install.d/20-functions", "post-install.d/50-last",
        ]
        let hook = hooks.randomElement(using: &random) ?? hooks[0]
        switch kind {
        case .hookByte: try append(subject.appending(hook), "touch /tmp/x; echo \(number) > \(root(hook))/by-hook\n")
        case .hookComment: try append(subject.appending(hook), "# \(number)\n")
        case .hookMode: chmod(subject.appending(hook).string, number % 2 == 0 ? 0o755 : 0o700)
        case .variable: variables["DIB_ONE"] = "one \(number)"
        case .mirrorVariable: variables["DIB_TWO"] = "two \(number)"
        case .sharedFile: try append(subject.appending("data/one"), "\(number)\n")
        case .sharedMode: chmod(subject.appending("data/two").string, number % 2 == 0 ? 0o644 : 0o640)
        case .newSharedFile: try write(subject.appending("data/new-\(number)"), "\(number)\n")
        case .linkTarget: try relink(subject.appending("data/link"), "target-\(number)")
        case .inputFile: try append(sandbox.path.appending("host-file"), "\(number)\n")
        case .packageIndex: try append(sandbox.path.appending("archive/dists/stable/InRelease"), "Date: \(number)\n")
        case .gitCommit: try commit("\(number)")
        case .environmentScript:
            try append(subject.appending("environment.d/10-subject"), "DIB_DERIVED+=' \(number)'\n")
        case .newHook: try sandbox.addHook("subject", "install.d/40-new", "echo \(number) > /by-new-hook")
        case .removedFile: unlink(subject.appending("data/new-\(number - Kind.allCases.count)").string)
        case .phaseData: try append(subject.appending("install.d/notes.txt"), "\(number)\n")
        case .engineFile: try append(sandbox.path.appending("share/Resources/lib/common-functions"), "# \(number)\n")
        case .packageList: try write(subject.appending("package-installs.yaml"), "# \(number)\n")
        case .unrelatedVariable: variables["GITHUB_RUN_ID"] = "\(number)"
        case .imageName: name = "image-\(number)"
        case .unrelatedHook: try append(subject.appending("finalise.d/50-other"), "# \(number)\n")
        case .resolvedLink: try append(subject.appending("lib/functions"), "echo \(number) >> /by-function\n")
        }
        return "\(kind) \(hook)"
    }

    private func root(_ hook: String) -> String { hook.hasPrefix("extra") ? "\"$TMP_MOUNT_PATH\"" : "" }

    private func relink(_ path: FilePath, _ target: String) throws {
        try FileManager.default.removeItem(atPath: path.string)
        try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target)
    }

    private func write(_ path: FilePath, _ text: String) throws {
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        try text.write(toFile: path.string, atomically: false, encoding: .utf8)
    }

    private func append(_ path: FilePath, _ text: String) throws {
        let old = (try? String(contentsOfFile: path.string, encoding: .utf8)) ?? ""
        try (old + text).write(toFile: path.string, atomically: false, encoding: .utf8)
    }

    private func commit(_ text: String) throws {
        let folder = sandbox.path.appending("git")
        try write(folder.appending("file"), text)
        try git(["-C", folder.string, "add", "."])
        try git(["-C", folder.string, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", text])
    }

    private func git(_ arguments: [String]) throws {
        let result = try runTool("git", arguments)
        #expect(result.status == 0, "git: \(result.output)")
    }

    // MARK: - Building

    /// The image's tree.
    func tree(cached: Bool) async throws -> Tree {
        var changes: [String: String?] = variables.mapValues { $0 }
        changes["INGOT_CACHE"] = cached ? "1" : "0"
        let result = try await sandbox.build(["-t", "tar", "-o", name, "small-os", "subject"], environment: changes)
        #expect(result.status == 0, "build: \(result.output)")
        let lines = result.output.split(separator: "\n")
        let layered = ["root.d", "extra-data.d", "install.d", "post-install.d"]
        return Tree(
            entries: try entries(of: sandbox.file("\(name).tar")),
            reused: lines.filter { $0.contains("Reused the layer of") }.count,
            run: lines.filter { line in
                line.contains("dib-run-parts Running ") && layered.contains { line.contains("/\($0)/") }
            }.count)
    }

    /// What is in an archive; times are those of the hooks' running.
    private func entries(of archive: FilePath) throws -> [String: String] {
        let folder = sandbox.path.appending("unpacked")
        try? FileManager.default.removeItem(atPath: folder.string)
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        let unpacked = try runTool("tar", ["-xpf", archive.string, "-C", folder.string, "--numeric-owner"])
        #expect(unpacked.status == 0)
        let listed = try runTool(
            "bash",
            [
                "-c", "cd \"$0\" && find . -printf '%P\\t%y %m %U %G %l\\n' && find . -type f -exec sha256sum {} +",
                folder.string,
            ])
        var entries: [String: String] = [:]
        for line in listed.output.split(separator: "\n") {
            if let tab = line.firstIndex(of: "\t") {
                entries[String(line[..<tab]), default: ""] += String(line[tab...])
            } else if let gap = line.firstRange(of: "  ./") {
                entries[String(line[gap.upperBound...]), default: ""] += String(line[..<gap.lowerBound])
            }
        }
        return entries
    }
}
