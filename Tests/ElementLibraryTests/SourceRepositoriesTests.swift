import Foundation
import SystemPackage
import TestSupport
import Testing

/// `source-repositories`: what elements declare is in the image, from where the user wants it.
@Suite("source-repositories", .requires(.root, .tool("git"), .tool("curl")))
struct SourceRepositoriesTests {
    private static let hook = "extra-data.d/98-source-repositories"

    private struct Bench {
        let scratch: FilePath
        var hooks: HookBench

        init(_ scratch: FilePath, _ declarations: String, _ extra: [String: String] = [:]) throws {
            self.scratch = scratch
            let own = [
                "DIB_MANIFEST_IMAGE_DIR": "/etc/dib-manifests", "DIB_SOURCE_REPOSITORIES_RETRY_DELAY": "0",
                "GIT_CONFIG_GLOBAL": "/dev/null",
            ]
            hooks = try HookBench(
                scratch, elements: ["source-repositories", "cache-url"], environment: own.merging(extra) { $1 })
            try write(declarations, to: hooks.hooks.appending("source-repository-test"))
            let made = try runTool(
                "/bin/bash",
                [
                    "-euc",
                    """
                    cd "$1"; mkdir upstream; cd upstream
                    git='git -c user.name=x -c user.email=x@example.org'
                    git init -q -b main .; echo one > file; git add .; $git commit -qm one; git tag v1
                    git branch stable; echo two > file; $git commit -qam two
                    git checkout -q stable; echo fix > file; $git commit -qam fix; git checkout -q main
                    cd ..; mkdir -p pack/data-2; echo packed > pack/data-2/content; tar -C pack -czf data.tar.gz data-2
                    """, "make", scratch.string,
                ])
            try #require(made.status == 0, "\(made.output)")
        }

        func run() throws -> ToolResult { try hooks.runOutside(SourceRepositoriesTests.hook) }

        func head(_ reference: String) throws -> String {
            String(try runTool("git", ["-C", "\(scratch)/upstream", "rev-parse", reference]).output.dropLast())
        }
    }

    @Test("git, tar and file are put where they are declared, and remembered")
    func kinds() async throws {
        try await withScratchDirectory { scratch in
            let bench = try Bench(
                scratch,
                """
                # sources of a test

                code git /opt/code file://$UPSTREAM/upstream stable
                newest git /opt/newest file://$UPSTREAM/upstream
                tagged git /opt/tagged file://$UPSTREAM/upstream v1
                data tar /opt/data file://$UPSTREAM/data.tar.gz data-*
                single file /opt/folder/single "file://$UPSTREAM/data.tar.gz"

                """, ["UPSTREAM": scratch.string])
            let result = try bench.run()
            #expect(result.status == 0, "\(result.output)")
            for (file, text) in [
                ("/opt/code/file", "fix\n"), ("/opt/newest/file", "two\n"), ("/opt/tagged/file", "one\n"),
                ("/opt/data/content", "packed\n"),
            ] {
                #expect(try bench.hooks.rootText(file) == text)
            }
            #expect(bench.hooks.exists("/opt/folder/single"))
            #expect(
                try bench.hooks.rootText("/etc/dib-source-repositories")
                    == "/opt/code\n/opt/newest\n/opt/tagged\n/opt/data\n/opt/folder/single\n")
            let place = "file://\(scratch)/upstream"
            #expect(
                try bench.hooks.rootText("/etc/dib-manifests/dib-manifest-git-image") == """
                    code git /opt/code \(place) \(bench.head("stable"))
                    newest git /opt/newest \(place) \(bench.head("main"))
                    tagged git /opt/tagged \(place) \(bench.head("v1"))

                    """)
        }
    }

    @Test("variables of the user change type, place and reference, or leave a source out")
    func overrides() async throws {
        try await withScratchDirectory { scratch in
            let bench = try Bench(
                scratch,
                "my-code git /opt/code https://git.example.org/none main\nother git /opt/other https://git.example.org/x\n",
                [
                    "DIB_REPOLOCATION_my_code": "file://\(scratch)/upstream", "DIB_REPOREF_my_code": "v1",
                    "DIB_INSTALLTYPE_other": "package", "DIB_GITREPOBASE": "file:///nonexistent",
                ])
            let result = try bench.run()
            #expect(result.output.contains("other is not installed from source\n"))
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.hooks.rootText("/opt/code/file") == "one\n")
            #expect(bench.hooks.exists("/opt/other") == false)
        }
    }

    @Test("the base of git repositories can be another one")
    func base() async throws {
        try await withScratchDirectory { scratch in
            let bench = try Bench(
                scratch, "code git /opt/code https://git.example.org/upstream v1\n",
                ["DIB_GITREPOBASE": "file://\(scratch)/"])
            let result = try bench.run()
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.hooks.rootText("/opt/code/file") == "one\n")
        }
    }

    @Test("offline the cache serves; online it is brought up to date")
    func cache() async throws {
        try await withScratchDirectory { scratch in
            var bench = try Bench(scratch, "code git /opt/code file://\(scratch)/upstream stable\n")
            #expect(try bench.run().status == 0)
            _ = try runTool("rm", ["-r", bench.hooks.rootPath("/opt/code").string])
            _ = try runTool("mv", ["\(scratch)/upstream", "\(scratch)/away"])
            bench.hooks.environment["DIB_OFFLINE"] = "1"
            #expect(try bench.run().status == 0)
            #expect(try bench.hooks.rootText("/opt/code/file") == "fix\n")
            bench.hooks.environment["DIB_OFFLINE"] = ""
            _ = try runTool("rm", ["-r", bench.hooks.rootPath("/opt/code").string])
            let gone = try bench.run()
            #expect(gone.status == 1)
            #expect(gone.output.hasSuffix("source-repositories: cannot fetch from 'file://\(scratch)/upstream'\n"))
        }
    }

    @Test(
        "what makes no sense is an error",
        arguments: [
            ("code git\n", "'source-repository-test' has a line that is no declaration: code git"),
            ("code svn /opt/code https://svn.example.org/x\n", "'code' is of type 'svn', expected git, tar or file"),
            ("code git opt/code https://git.example.org/x\n", "'code' has no location, or no absolute destination"),
            ("code git /opt/code\n", "'code' has no location, or no absolute destination"),
            (
                "code git /opt/code file://@/upstream nothing\n",
                "'file://@/upstream' has no branch, tag or commit 'nothing'"
            ),
            (
                "data tar /opt/data file://@/data.tar.gz none-*\n",
                "'none-*' is not one directory in the archive 'file://@/data.tar.gz'"
            ),
            ("data file /opt/data file://@/missing\n", "cannot fetch 'file://@/missing'"),
        ])
    func refusals(declaration: String, message: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try Bench(scratch, declaration.replacing("@", with: scratch.string))
            let result = try bench.run()
            #expect(result.status == 1)
            #expect(
                result.output.hasSuffix("source-repositories: \(message.replacing("@", with: scratch.string))\n"),
                "\(result.output)")
        }
    }

    @Test("nothing is fetched if the user says so")
    func nothing() async throws {
        try await withScratchDirectory { scratch in
            let bench = try Bench(
                scratch, "code git /opt/code https://git.example.org/x\n", ["NO_SOURCE_REPOSITORIES": "1"])
            #expect(try bench.run().status == 0)
            #expect(bench.hooks.exists("/etc/dib-source-repositories") == false)
        }
    }
}
