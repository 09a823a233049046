import Basics
import Fetching
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The gateway between a build and the network, asked by curl as hooks ask it.
@Suite("Fetch gateway", .requires(.tool("curl")))
struct GatewayTests {
    @Test func `what was fetched comes from the store, once the mirror has something else or nothing`() async throws {
        try await withSite { site in
            try site.write("pool/a_1%3a2.0-1_amd64.deb", "the package")
            try site.write("data", "first")
            let noting = site.desk(.note(previous: nil))
            let names = ["data", "pool/a_1%253a2.0-1_amd64.deb", "missing"]
            #expect(try site.get(names, noting) == ["first 200", "the package 200", "there is no such file\n 404"])
            // One build sees one state, whatever happens to the mirror meanwhile.
            try site.write("data", "second")
            #expect(try site.get(["data"], noting) == ["first 200"])
            let lock = site.lock(noting)
            #expect(lock.files.count == 3 && lock.unlocked.isEmpty)
            #expect(lock.packages.map { "\($0.name) \($0.version) \($0.architecture)" } == ["a 1%3a2.0-1 amd64"])
            let text = try lock.text()
            #expect(try JSONDecoder().decode(BuildLock.self, from: text).text() == text)
            site.mirror.stop()
            let offline = site.desk(.locked(lock, isOffline: true))
            #expect(try site.get(names, offline) == ["first 200", "the package 200", "there is no such file\n 404"])
            #expect(offline.refusals.isEmpty)
        }
    }

    @Test func `what the lock does not name, or names otherwise, is refused`() async throws {
        try await withSite { site in
            try site.write("data", "first")
            try site.write("other", "x")
            let noting = site.desk(.note(previous: nil))
            _ = try site.get(["data"], noting)
            let lock = site.lock(noting)
            let locked = site.desk(.locked(lock, isOffline: false))
            #expect(try site.get(["other"], locked)[0].hasSuffix("403"))
            #expect(locked.refusals == ["'\(site.mirror.url)/other' is not in the lock"])
            // The store is gone: the mirror may refill it, but with the same bytes only.
            try FileManager.default.removeItem(atPath: site.store.path.string)
            let empty = try ContentStore(creating: site.store.path)
            #expect(try site.get(["data"], site.desk(.locked(lock, isOffline: true)))[0].contains("not in the store"))
            try site.write("data", "First")
            let changed = site.desk(.locked(lock, isOffline: false))
            #expect(try site.get(["data"], changed)[0].contains("not what the lock says"))
            #expect(changed.refusals.count == 1)
            try site.write("data", "first")
            #expect(try site.get(["data"], site.desk(.locked(lock, isOffline: false))) == ["first 200"])
            #expect(try empty.file(lock.files[0].sha256 ?? "") != nil)
        }
    }

    @Test func `one changed byte in the store is found`() async throws {
        try await withSite { site in
            try site.write("data", "first")
            let noting = site.desk(.note(previous: nil))
            _ = try site.get(["data"], noting)
            let lock = site.lock(noting)
            let place = site.store.place(of: lock.files[0].sha256 ?? "")
            try "fjrst".write(toFile: place.string, atomically: false, encoding: .utf8)
            let offline = site.desk(.locked(lock, isOffline: true))
            #expect(try site.get(["data"], offline)[0].contains("it was changed"))
            #expect(offline.refusals.count == 1)
            // With a network it is mended.
            #expect(try site.get(["data"], site.desk(.locked(lock, isOffline: false))) == ["first 200"])
            #expect(try site.store.file(lock.files[0].sha256 ?? "") != nil)
        }
    }

    @Test func `an old archive that is replayed is refused`() async throws {
        try await withSite { site in
            let name = "dists/stable/InRelease"
            func release(_ day: Int, until year: Int) throws {
                let dates = "Date: Thu, 0\(day) May 2024 07:08:09 UTC\nValid-Until: Mon, 08 May \(year) 07:08:09 UTC\n"
                try site.write(name, "Origin: x\n" + dates)
            }
            try release(2, until: 2124)
            let noting = site.desk(.note(previous: nil))
            #expect(try site.get([name], noting)[0].hasSuffix("200"))
            let lock = site.lock(noting)
            #expect(lock.repositories.map(\.date) == [1_714_633_689])
            #expect(lock.repositories.map(\.validUntil) == [4_870_825_689])
            try release(1, until: 2124)
            let older = site.desk(.note(previous: lock))
            #expect(try site.get([name], older)[0].contains("older than in the lock (2024-05-02T07:08:09Z)"))
            #expect(older.refusals.count == 1)
            try release(3, until: 2124)
            #expect(try site.get([name], site.desk(.note(previous: lock)))[0].hasSuffix("200"))
            try release(4, until: 2024)
            #expect(try site.get([name], site.desk(.note(previous: lock)))[0].contains("was valid until"))
            #expect(try site.get([name], site.desk(.note(previous: lock), checksExpiry: false))[0].hasSuffix("200"))
            // In a locked build the bytes decide, and the words say why.
            try FileManager.default.removeItem(atPath: site.store.place(of: lock.files[0].sha256 ?? "").string)
            try release(1, until: 2124)
            let locked = site.desk(.locked(lock, isOffline: false))
            #expect(try site.get([name], locked)[0].contains("an old archive, replayed"))
        }
    }

    @Test func `our own elements ask for encrypted addresses and repositories by paths`() async throws {
        try await withSite { site in
            try site.write("data", "first")
            let repository = site.root.appending("project").string
            let git = ["-c", "user.name=x", "-c", "user.email=x@y", "-C", repository]
            _ = try runTool("git", ["init", "--quiet", repository])
            _ = try runTool("git", git + ["commit", "--quiet", "--allow-empty", "-m", "one"])
            let commit = try runTool("git", git + ["rev-parse", "HEAD"]).output.prefix(40)
            let noting = site.desk(.note(previous: nil))
            let address = site.mirror.url.replacing("http://", with: "/http/") + "/data"
            let bundle = "/git?location=\(repository)&reference=HEAD"
            #expect(try site.get([address], noting) == ["first 200"])
            let out = ["-o", site.root.appending("bundle").string]
            #expect(try site.get([bundle], noting, options: out) == [" 200"])
            let listed = try runTool("git", ["ls-remote", out[1]]).output
            #expect(listed.hasPrefix(String(commit)))
            #expect(site.lock(noting).git.map(\.commit) == [String(commit)])
            try FileManager.default.removeItem(atPath: repository)
            let offline = site.desk(.locked(site.lock(noting), isOffline: true))
            #expect(try site.get([address], offline) == ["first 200"])
            #expect(try site.get([bundle], offline, options: out) == [" 200"])
            #expect(try site.get(["/git?location=elsewhere"], offline)[0].hasSuffix("403"))
        }
    }

    @Test func `tunnels are noted when a lock is made and closed in a locked build`() async throws {
        try await withSite { site in
            try site.write("data", "first")
            let noting = site.desk(.note(previous: nil))
            let tunnel = ["--proxytunnel", "-f"]
            #expect(try site.get(["data"], noting, options: tunnel) == ["first 200"])
            let lock = site.lock(noting)
            #expect(lock.unlocked == ["127.0.0.1:\(site.mirror.port)"] && lock.files.isEmpty)
            let locked = site.desk(.locked(lock, isOffline: false))
            #expect(try site.get(["data"], locked, options: tunnel) == [" 000"])
            #expect(locked.refusals.count == 1)
        }
    }

    @Test func `what killed builds have left in a store goes after a day`() async throws {
        try await withScratchDirectory { scratch in
            let store = try ContentStore(creating: scratch.appending("store"))
            let folder = store.path.appending("partial")
            for (name, age) in [("old", "2 days ago"), ("new", "1 hour ago")] {
                _ = try runTool("touch", ["--date", age, folder.appending(name).string])
            }
            _ = try ContentStore(creating: store.path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["new"])
        }
    }

    @Test func `nobody but the build may ask`() async throws {
        try await withSite { site in
            try site.write("data", "first")
            let desk = site.desk(.note(previous: nil))
            let gateway = try FetchGateway(desk)
            defer { gateway.stop() }
            for user in ["", "build:wrong@"] {
                let proxy = "http://\(user)127.0.0.1:\(gateway.port)"
                let words = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "\(site.mirror.url)/data"]
                #expect(try runTool("curl", ["--proxy", proxy] + words).output == "407")
            }
            #expect(site.mirror.requests.isEmpty && site.lock(desk).files.isEmpty)
        }
    }

    static let empty = #""elements":[],"git":[],"packages":[],"repositories":[],"unlocked":[]"#

    @Test(
        "What is no lock is refused with words",
        arguments: [
            ("", "no lock"), ("{}", "is missing"),
            (#"{"architecture":"amd64","files":[{"url":"http://x"}],"format":1,\#(empty)}"#, "neither a digest"),
            (#"{"architecture":"amd64","files":[],"format":9,\#(empty)}"#, "format 9"),
        ])
    func badLocks(text: String, words: String) async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("lock").string
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: FetchError.self) { try BuildLock.read(path) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }
}

/// A mirror, a store, and curl.
private struct Site {
    let mirror: WebServerDouble
    let root: FilePath
    let store: ContentStore
    let environment = Environment(["PATH": "/usr/bin:/bin"])

    func write(_ name: String, _ text: String) throws {
        let path = root.pushing(FilePath(name))
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        try text.write(toFile: path.string, atomically: true, encoding: .utf8)
    }

    func desk(_ rule: FetchDesk.Rule, checksExpiry: Bool = true) -> FetchDesk {
        FetchDesk(rule: rule, store: store, environment: environment, checksExpiry: checksExpiry)
    }

    /// What curl gets through a gateway, with the status of the answer.
    func get(_ names: [String], _ desk: FetchDesk, options: [String] = []) throws -> [String] {
        let gateway = try FetchGateway(desk)
        defer { gateway.stop() }
        return try names.map { name in
            // As hooks do: even questions to the gateway itself go through the proxy of the environment.
            let isPath = name.hasPrefix("/")
            let proxy = ["--proxy", gateway.url]
            let address = isPath ? gateway.url + name : "\(mirror.url)/\(name)"
            return try runTool("curl", ["-s"] + proxy + options + ["-w", " %{http_code}", address]).output
        }
    }

    func lock(_ desk: FetchDesk) -> BuildLock { desk.lock(architecture: "amd64", elements: ["x"]) }
}

private func withSite(_ body: (Site) async throws -> Void) async throws {
    try await withScratchDirectory("gateway") { scratch in
        let root = scratch.appending("mirror")
        try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
        let mirror = try WebServerDouble(folder: root)
        defer { mirror.stop() }
        try await body(Site(mirror: mirror, root: root, store: try ContentStore(creating: scratch.appending("store"))))
    }
}
