import Foundation
import SystemPackage
import TestSupport
import Testing

/// `cache-url`: fetches once, asks whether things changed, tells "not there" from other failures.
@Suite("cache-url")
struct CacheURLTests {
    private static let modified = "Mon, 06 May 2024 07:08:09 GMT"

    /// The server of these tests: one file that never changes, an empty name, and errors by name.
    private static func answer(_ request: WebServerDouble.Request) -> WebServerDouble.Answer {
        let headers = ["Last-Modified: \(modified)"]
        if request.path == "/missing" {
            return .init("404 Not Found", headers: headers, body: Data("no such page".utf8))
        }
        if request.path == "/forbidden" { return .init("403 Forbidden", headers: headers) }
        if request.head.contains("If-Modified-Since: \(modified)") {
            return .init("304 Not Modified", headers: headers)
        }
        return .init(headers: headers, body: Data("content".utf8))
    }

    /// Runs the program with only the named client on PATH.
    private func run(_ client: String, _ arguments: [String], in scratch: FilePath) throws -> ToolResult {
        let bin = scratch.appending("bin")
        if !isDirectory(bin.string) {
            try FileManager.default.createDirectory(atPath: bin.string, withIntermediateDirectories: true)
            for tool in ["bash", "mktemp", "mkdir", "dirname", "cp", "mv", "rm", "chmod", "cat", "awk", "date", client]
            {
                try FileManager.default.createSymbolicLink(
                    atPath: bin.appending(tool).string, withDestinationPath: "/usr/bin/\(tool)")
            }
        }
        let program = Checkout.elements.appending("cache-url/bin/cache-url").string
        return try runTool(
            "/bin/bash", [program] + arguments, environment: ["PATH": bin.string, "DIB_CACHE_URL_RETRY_DELAY": "0"])
    }

    @Test(
        "a file is fetched once, and asked about afterwards", .requires(.tool("curl"), .tool("wget")),
        arguments: ["curl", "wget"])
    func conditional(client: String) async throws {
        try await withScratchDirectory { scratch in
            let server = try WebServerDouble(answer: Self.answer)
            defer { server.stop() }
            let url = "\(server.url)/file"
            let file = scratch.appending("cache/file")
            let first = try run(client, [url, file.string], in: scratch)
            #expect(first.output == "Downloaded and cached \(url) in \(file)\n")
            #expect(try readText(file) == "content")
            let date = try FileManager.default.attributesOfItem(atPath: file.string)[.modificationDate] as? Date
            #expect(date == Date(timeIntervalSince1970: 1_714_979_289))
            let second = try run(client, [url, file.string], in: scratch)
            #expect(second.output == "Server copy has not changed. Using locally cached \(file)\n")
            #expect(second.status == 0)
            #expect(server.requests.map { $0.head.contains("If-Modified-Since: ") } == [false, true])
            #expect(try run(client, ["-f", url, file.string], in: scratch).status == 0)
            #expect(server.requests.last?.head.lowercased().contains("cache-control: no-cache") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.appending("cache").string) == ["file"])
        }
    }

    @Test(
        "failures leave an older file, and say what kind they are", .requires(.tool("curl"), .tool("wget")),
        arguments: [
            ("curl", "missing", 44), ("wget", "missing", 44), ("curl", "forbidden", 1), ("wget", "forbidden", 1),
        ] as [(String, String, Int32)])
    func failures(client: String, name: String, status: Int32) async throws {
        try await withScratchDirectory { scratch in
            let server = try WebServerDouble(answer: Self.answer)
            defer { server.stop() }
            try write("older", to: scratch.appending("cache/file"))
            let result = try run(
                client, ["\(server.url)/\(name)", scratch.appending("cache/file").string], in: scratch
            )
            #expect(result.status == status)
            #expect(try readText(scratch.appending("cache/file")) == "older")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.appending("cache").string) == ["file"])
        }
    }

    @Test("no server and no client are failures, local files need neither", .requires(.tool("curl")))
    func edges() async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("file").string
            #expect(try run("curl", ["http://127.0.0.1:1/x", file], in: scratch).status == 1)
            try write("local", to: scratch.appending("source"))
            #expect(try run("curl", ["file://\(scratch)/source", file], in: scratch).status == 0)
            #expect(try readText(scratch.appending("file")) == "local")
            try FileManager.default.removeItem(atPath: scratch.appending("bin/curl").string)
            let none = try run("curl", ["http://127.0.0.1:1/x", file], in: scratch)
            #expect(none.output == "cache-url: neither curl nor wget is installed\n" && none.status == 1)
            #expect(try run("curl", ["http://127.0.0.1:1/x"], in: scratch).status == 1)
        }
    }
}
