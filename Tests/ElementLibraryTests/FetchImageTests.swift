import Foundation
import SystemPackage
import TestSupport
import Testing

/// `fetch-image` and `list-images`: nothing that a mirror sends is taken for an image unchecked.
@Suite("fetch-image", .requires(.tool("curl"), .tool("flock"), .tool("gpg"), .tool("gpgv")))
struct FetchImageTests {
    private static let image = "image of a system\n"

    private struct Bench {
        let scratch: FilePath
        let mirror: WebServerDouble
        var image: FilePath { scratch.appending("cache/disk.img") }

        init(_ scratch: FilePath) throws {
            self.scratch = scratch
            try write(FetchImageTests.image, to: scratch.appending("www/disk.img"))
            mirror = try WebServerDouble(folder: scratch.appending("www"))
        }

        func shell(_ script: String) throws {
            let result = try runTool("/bin/bash", ["-euc", script], directory: scratch.appending("www").string)
            try #require(result.status == 0, "\(result.output)")
        }

        func fetch(_ options: [String], offline: Bool = false) throws -> ToolResult {
            try runTool(
                Checkout.elements.appending("cache-url/host-bin/fetch-image").string,
                options.map { $0.replacing("@", with: mirror.url) } + ["\(mirror.url)/disk.img", image.string],
                environment: [
                    "PATH": "/usr/bin:/bin", "DIB_CACHE_URL_RETRY_DELAY": "0", "HOME": scratch.string,
                    "DIB_OFFLINE": offline ? "1" : "", "TMPDIR": scratch.string,
                ])
        }

        /// Makes a key, `scratch/keys.gpg` (armoured: `keys.asc`), and a signing shell function.
        func makeKey() throws -> String {
            let home = scratch.appending("gnupg")
            let prefix =
                "export GNUPGHOME='\(home)'; gpg='gpg --batch --quiet --yes --no-tty --pinentry-mode loopback'; "
            try shell(
                prefix + """
                    mkdir -m 700 "$GNUPGHOME"
                    $gpg --passphrase '' --quick-gen-key 'Image Maker <images@example.org>' ed25519 sign never
                    $gpg --export > ../keys.gpg
                    $gpg --export --armor > ../keys.asc
                    gpgconf --kill gpg-agent
                    """)
            return prefix + "trap 'gpgconf --kill gpg-agent' EXIT; "
        }
    }

    private func bench<Result>(_ body: (Bench) throws -> Result) async throws -> Result {
        try await withScratchDirectory { scratch in
            let bench = try Bench(scratch)
            defer { bench.mirror.stop() }
            return try body(bench)
        }
    }

    @Test(
        "lists of all usual forms are understood",
        arguments: [
            "sha256sum disk.img > SUMS",
            "sha512sum disk.img > SUMS",
            "sha256sum -b disk.img | sed 's/^/ /; s/^ //' > SUMS",
            "sha256sum --tag disk.img > SUMS",
            "{ echo '# disk.img: 18 bytes'; sha512sum --tag disk.img; } > SUMS",
            "sha256sum < disk.img | cut -d ' ' -f 1 > SUMS",
            "{ echo '# BLAKE2B HASH'; b2sum disk.img; echo '# SHA512 HASH'; sha512sum disk.img; } > SUMS",
            "{ echo x | sha256sum | sed 's/-/other.img/'; sha256sum disk.img | sed 's/disk/.\\/disk/'; } > SUMS",
            "sha256sum disk.img | tr a-f A-F | sed 's/DISK/disk/;s/ .*/  disk.img\\r/' > SUMS",
        ])
    func forms(list: String) async throws {
        try await bench { bench in
            try bench.shell(list)
            let result = try bench.fetch(["--sums", "@/SUMS"])
            #expect(result.output.hasSuffix("Verified \(bench.image)\n"))
            #expect(result.status == 0)
            #expect(try readText(bench.image) == Self.image)
        }
    }

    @Test(
        "a list that does not name the image, or only by a weak sum, is no list",
        arguments: [
            "sha256sum disk.img | sed 's/disk/xdisk/' > SUMS", "md5sum disk.img > SUMS",
            "sha1sum --tag disk.img > SUMS",
            "sha256sum disk.img | sed 's/$/.old/' > SUMS", ": > SUMS",
        ])
    func noSum(list: String) async throws {
        try await bench { bench in
            try bench.shell(list)
            let result = try bench.fetch(["--sums", "@/SUMS"])
            #expect(
                result.output.hasSuffix(
                    "fetch-image: '\(bench.mirror.url)/SUMS' has no SHA-256 or SHA-512 sum of 'disk.img'\n"))
            #expect(result.status == 1)
        }
    }

    @Test("an image that is not the announced one is fetched once more, then refused and removed")
    func wrongSum() async throws {
        try await bench { bench in
            try bench.shell("echo other | sha256sum | sed 's/-/disk.img/' > SUMS")
            let result = try bench.fetch(["--sums", "@/SUMS"])
            #expect(result.status == 1)
            #expect(
                result.output.contains(
                    "fetch-image: 'disk.img' is not the image that was announced; fetching it again\n"))
            #expect(
                result.output.hasSuffix(
                    "fetch-image: '\(bench.mirror.url)/disk.img' is not the image that '\(bench.mirror.url)/SUMS' tells of; "
                        + "the mirror is broken, or someone has changed it\n"))
            #expect(bench.mirror.asked == ["GET /SUMS", "GET /disk.img", "GET /SUMS", "GET /disk.img"])
            #expect(access(bench.image.string, F_OK) != 0)
        }
    }

    @Test("a mirror that is in step the second time is forgiven")
    func secondTry() async throws {
        try await bench { bench in
            try bench.shell("sha256sum disk.img > SUMS; echo old > disk.img.first")
            let result = try bench.fetch(["--sums", "@/SUMS"])
            #expect(result.status == 0, "\(result.output)")
            #expect(try readText(bench.image) == Self.image)
        }
    }

    @Test("what is in the cache is not fetched again, but checked again")
    func cached() async throws {
        try await bench { bench in
            try bench.shell("sha256sum disk.img > SUMS")
            #expect(try bench.fetch(["--sums", "@/SUMS"]).status == 0)
            let second = try bench.fetch(["--sums", "@/SUMS"])
            #expect(second.output.contains("Server copy has not changed"))
            #expect(second.output.hasSuffix("Verified \(bench.image)\n"))
        }
    }

    @Test("offline the cache serves, if nothing has touched it")
    func offline() async throws {
        try await bench { bench in
            let nothing = try bench.fetch(["--sums", "@/SUMS"], offline: true)
            #expect(
                nothing.output
                    == "fetch-image: offline, and '\(bench.image)' is not in the cache; build once without --offline\n")
            #expect(nothing.status == 1)
            try bench.shell("sha256sum disk.img > SUMS")
            #expect(try bench.fetch(["--sums", "@/SUMS"]).status == 0)
            let seen = bench.mirror.asked.count
            #expect(try bench.fetch(["--sums", "@/SUMS"], offline: true).status == 0)
            try write("changed\n", to: bench.image)
            let changed = try bench.fetch(["--sums", "@/SUMS"], offline: true)
            #expect(changed.output.hasSuffix("is not as it was when it was fetched; remove it\n"))
            #expect(changed.status == 1)
            #expect(bench.mirror.asked.count == seen)
        }
    }

    @Test("an image that is not there is told apart from other failures")
    func missing() async throws {
        try await bench { bench in
            try bench.shell("sha256sum disk.img > SUMS; rm disk.img")
            let image = try bench.fetch(["--sums", "@/SUMS"])
            #expect(image.status == 44)
            #expect(image.output.hasSuffix("fetch-image: cannot fetch '\(bench.mirror.url)/disk.img'\n"))
            #expect(try bench.fetch(["--sums", "@/NONE"]).status == 44)
        }
    }

    @Test("without a list and keys there is nothing to check by, unless the user does without")
    func unverified() async throws {
        try await bench { bench in
            let refused = try bench.fetch(["--keyring", "/nonexistent/keys.gpg"])
            #expect(
                refused.output
                    == "fetch-image: there is nothing to check '\(bench.mirror.url)/disk.img' by: no list of checksums and no keyring\n"
            )
            #expect(refused.status == 1)
            #expect(try bench.fetch(["--unverified"]).status == 0)
            #expect(bench.mirror.asked == ["GET /disk.img"])
        }
    }

    @Test("signatures count when there are keys: detached, around the list, of the image itself")
    func signatures() async throws {
        try await bench { bench in
            let sign = try bench.makeKey()
            try bench.shell(
                sign + """
                    sha256sum disk.img > SUMS
                    $gpg --detach-sign --output SUMS.gpg SUMS
                    $gpg --armor --detach-sign --output disk.img.asc disk.img
                    $gpg --clearsign --output CHECKSUM SUMS
                    """)
            let ways = [
                ["--sums", "@/SUMS", "--sums-signature", "@/SUMS.gpg"], ["--sums", "@/CHECKSUM"],
                ["--image-signature", "@/disk.img.asc"],
            ]
            for way in ways {
                for keys in ["keys.gpg", "keys.asc"] {
                    let result = try bench.fetch(["--keyring", bench.scratch.appending(keys).string] + way)
                    #expect(result.status == 0, "\(way): \(result.output)")
                }
            }
        }
    }

    @Test("a signature by another key, or of other bytes, is refused")
    func wrongSignatures() async throws {
        try await bench { bench in
            let sign = try bench.makeKey()
            try bench.shell(
                sign + """
                    echo other > other
                    sha256sum disk.img > SUMS
                    $gpg --detach-sign --output SUMS.gpg other
                    $gpg --armor --detach-sign --output disk.img.asc other
                    $gpg --clearsign --output CHECKSUM SUMS
                    sed -i '/disk.img/ s/^./0/' CHECKSUM
                    """)
            let keyring = ["--keyring", bench.scratch.appending("keys.gpg").string]
            let list = try bench.fetch(keyring + ["--sums", "@/SUMS", "--sums-signature", "@/SUMS.gpg"])
            #expect(list.output.contains("is no signature of '\(bench.mirror.url)/SUMS' by a key in"))
            #expect(list.status == 1)
            let inside = try bench.fetch(keyring + ["--sums", "@/CHECKSUM"])
            #expect(inside.output.contains("the signature in '\(bench.mirror.url)/CHECKSUM' is not of a key in"))
            #expect(inside.status == 1)
            let image = try bench.fetch(keyring + ["--image-signature", "@/disk.img.asc"])
            #expect(image.output.contains("is not the image that '\(bench.mirror.url)/disk.img.asc' tells of"))
            #expect(image.status == 1)
            #expect(access(bench.image.string, F_OK) != 0)
        }
    }

    @Test("text around a signed list does not count")
    func unsignedText() async throws {
        try await bench { bench in
            let sign = try bench.makeKey()
            try bench.shell(
                sign + """
                    echo other | sha256sum | sed 's/-/disk.img/' > SUMS
                    $gpg --clearsign --output CHECKSUM SUMS
                    sha512sum disk.img >> CHECKSUM
                    """)
            let result = try bench.fetch(
                ["--keyring", bench.scratch.appending("keys.gpg").string, "--sums", "@/CHECKSUM"])
            #expect(result.status == 1)
        }
    }

    @Test("list-images prints what matches, by version; nothing is an error of its own")
    func listing() async throws {
        try await bench { bench in
            try bench.shell(
                "touch disk-9.img disk-10.img disk-10.img.txt 'a disk-3.img'; mkdir sub; touch sub/disk-1.img")
            func list(_ pattern: String) throws -> ToolResult {
                try runTool(
                    Checkout.elements.appending("cache-url/host-bin/list-images").string,
                    [bench.mirror.url, pattern],
                    environment: ["PATH": "/usr/bin:/bin", "TMPDIR": bench.scratch.string])
            }
            #expect(try list("disk-[0-9]+\\.img") == ToolResult(status: 0, output: "disk-9.img\ndisk-10.img\n"))
            #expect(
                try list("none")
                    == ToolResult(
                        status: 44, output: "list-images: '\(bench.mirror.url)' has nothing whose name matches 'none'\n"
                    ))
        }
    }
}
