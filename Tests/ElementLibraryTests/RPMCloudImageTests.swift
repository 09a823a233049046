import Foundation
import SystemPackage
import TestSupport
import Testing

/// Which image each RPM distribution starts from, and that it is checked before anything is made of it.
@Suite("Cloud images of RPM distributions", .requires(.tool("gpg"), .tool("gpgv"), .tool("curl")))
struct RPMCloudImageTests {
    private static let images = [
        "cloud/CentOS-Stream-GenericCloud-9-20240101.0.x86_64.qcow2": "old", "cloud/base.qcow2": "base",
        "cloud/CentOS-Stream-GenericCloud-9-20240212.0.x86_64.qcow2": "centos",
        "cloud/Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2": "fedora",
        "cloud/Fedora-Cloud-Base-UEFI-UKI-43-1.6.x86_64.qcow2": "other",
        "cloud/openSUSE-Leap-15.6.x86_64-NoCloud.qcow2": "suse",
        "tumbleweed/appliances/openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2": "tumbleweed",
    ]

    /// A mirror's files: images, sums beside them, lists signed with a key whose public half is `key.asc`.
    private static let publish = """
        set -eu
        mkdir -m 0700 "$1/gpg"
        export GNUPGHOME=$1/gpg
        cd "$1/mirror"
        gpg --batch --quiet --passphrase '' --quick-generate-key key@example.org ed25519 sign never 2>/dev/null
        gpg --batch --armor --export > "$1/key.asc"
        cd cloud
        for file in *.qcow2; do sha256sum "$file" > "$file.SHA256SUM"; done
        sha256sum base.qcow2 > sha256sum.txt
        sha256sum --tag Fedora-*.qcow2 | gpg --batch --quiet --clear-sign > Fedora-Cloud-43-1.6-x86_64-CHECKSUM
        sum=$(sha256sum < openSUSE-Leap-15.6.x86_64-NoCloud.qcow2)
        echo "${sum%% *}  openSUSE-Leap-15.6.x86_64-1.0.0-NoCloud-Build1.2.qcow2" > openSUSE-Leap-15.6.x86_64-NoCloud.qcow2.sha256
        cd ../tumbleweed/appliances
        file=$(ls)
        sha256sum "$file" > "$file.sha256"
        gpg --batch --quiet --detach-sign --armor "$file.sha256"
        gpgconf --kill all
        """

    private func withMirror(
        _ element: String, _ variables: [String: String],
        _ body: (HookBench, WebServerDouble, FilePath) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            for (name, text) in Self.images { try write(text, to: scratch.appending("mirror").pushing(FilePath(name))) }
            let made = try runTool("/bin/bash", ["-c", Self.publish, "publish", scratch.string])
            try #require(made.status == 0, "\(made.output)")
            let mirror = try WebServerDouble(folder: scratch.appending("mirror"))
            defer { mirror.stop() }
            var environment = [
                "DIB_CLOUD_IMAGES": "\(mirror.url)/cloud", "DIB_DISTRIBUTION_MIRROR": mirror.url,
                "DIB_CACHE_URL_RETRY_DELAY": "0",
            ]
            environment.merge(variables) { $1 }
            let bench = try HookBench(
                scratch, elements: [element, "rpm-host", "rpm-archived", "cache-url"].uniqued(),
                environment: environment)
            try write(
                "#!/bin/bash\necho \"$1 $2 $(cat \"$4\") ${DIB_LOCAL_IMAGE:+local}\" >> \(scratch)/calls\n",
                to: bench.hooks.appending("bin/extract-image"), mode: 0o755)
            try body(bench, mirror, scratch)
        }
    }

    @Test(
        "the newest image that was announced becomes the root",
        arguments: [
            (
                "centos", "10-centos-cloud-image", ["DIB_RELEASE": "9-stream"],
                "CentOS-Stream-GenericCloud-9-20240212.0.x86_64.qcow2", "centos"
            ),
            (
                "centos", "10-centos-cloud-image",
                ["DIB_RELEASE": "9-stream", "BASE_IMAGE_FILE": "CentOS-Stream-GenericCloud-9-20240101.0.x86_64.qcow2"],
                "CentOS-Stream-GenericCloud-9-20240101.0.x86_64.qcow2", "old"
            ),
            (
                "fedora", "10-fedora-cloud-image", ["DIB_RELEASE": "43", "DIB_RPM_KEYRING": "key.asc"],
                "Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2", "fedora"
            ),
            (
                "opensuse", "10-opensuse-cloud-image", ["DIB_RELEASE": "15.6"],
                "openSUSE-Leap-15.6.x86_64-NoCloud.qcow2", "suse"
            ),
            (
                "opensuse", "10-opensuse-cloud-image",
                ["DIB_RELEASE": "tumbleweed", "DIB_CLOUD_IMAGES": "", "DIB_RPM_KEYRING": "key.asc"],
                "openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2", "tumbleweed"
            ),
            ("rhel", "10-rhel-cloud-image", ["BASE_IMAGE_FILE": "base.qcow2"], "base.qcow2", "base"),
            (
                "centos7", "10-archived-cloud-image",
                ["BASE_IMAGE_FILE": "base.qcow2", "DIB_ARCHIVED_NAME": "CentOS 7", "DIB_ARCHIVED_SINCE": "2024"],
                "base.qcow2", "base"
            ),
        ])
    func published(
        _ row: (element: String, hook: String, variables: [String: String], file: String, content: String)
    ) async throws {
        try await withMirror(row.element, row.variables) { bench, _, scratch in
            var bench = bench
            if row.variables["DIB_RPM_KEYRING"] != nil { bench.environment["DIB_RPM_KEYRING"] = "\(scratch)/key.asc" }
            let result = try bench.runOutside("root.d/\(row.hook)")
            #expect(result.status == 0, "\(result.output)")
            #expect(bench.calls == ["\(row.file) \(row.file).tgz \(row.content) local"])
        }
    }

    @Test(
        "an image of the user's own is taken, and nothing is fetched",
        arguments: [
            ("centos", "10-centos-cloud-image"), ("fedora", "10-fedora-cloud-image"), ("rhel", "10-rhel-cloud-image"),
            ("opensuse", "10-opensuse-cloud-image"), ("centos6", "10-archived-cloud-image"),
            ("scientific6", "10-archived-cloud-image"), ("scientific7", "10-archived-cloud-image"),
        ])
    func local(_ row: (element: String, hook: String)) async throws {
        let variables = ["DIB_ARCHIVED_NAME": "Old System", "DIB_ARCHIVED_SINCE": "long ago", "DIB_RELEASE": "43"]
        try await withMirror(row.element, variables) { bench, mirror, scratch in
            var bench = bench
            try write("own", to: scratch.appending("own.qcow2"))
            bench.environment["DIB_LOCAL_IMAGE"] = scratch.appending("own.qcow2").string
            let result = try bench.runOutside("root.d/\(row.hook)")
            #expect(result.status == 0, "\(result.output)")
            #expect(bench.calls == ["own.qcow2 own.qcow2.tgz own local"])
            #expect(mirror.asked == [])
            #expect(result.output.contains("past its end of life") == (row.hook == "10-archived-cloud-image"))
            bench.environment["DIB_LOCAL_IMAGE"] = "/no/image"
            let missing = try bench.runOutside("root.d/\(row.hook)")
            #expect(missing.status == 1)
            #expect(missing.output.contains("DIB_LOCAL_IMAGE names '/no/image', and there is no such file"))
        }
    }

    @Test("an image that was changed is refused, unless the user has said that it need not be checked")
    func changed() async throws {
        let name = "CentOS-Stream-GenericCloud-9-20240212.0.x86_64.qcow2"
        try await withMirror("centos", ["DIB_RELEASE": "9-stream"]) { bench, _, scratch in
            var bench = bench
            try write("evil", to: scratch.appending("mirror/cloud").appending(name))
            let refused = try bench.runOutside("root.d/10-centos-cloud-image")
            #expect(refused.status == 1)
            #expect(refused.output.contains("is not the image that"))
            #expect(bench.calls == [])
            bench.environment["DIB_CLOUD_IMAGE_VERIFY"] = "0"
            #expect(try bench.runOutside("root.d/10-centos-cloud-image").status == 0)
            #expect(bench.calls == ["\(name) \(name).tgz evil local"])
        }
    }

    @Test(
        "a list that another key has signed is refused",
        arguments: [("fedora", "43", "10-fedora-cloud-image"), ("opensuse", "tumbleweed", "10-opensuse-cloud-image")])
    func otherKey(_ row: (element: String, release: String, hook: String)) async throws {
        let variables = ["DIB_RELEASE": row.release]
        try await withMirror(row.element, variables) { bench, _, scratch in
            var bench = bench
            if row.element == "opensuse" { bench.environment["DIB_CLOUD_IMAGES"] = "" }
            let script = """
                set -eu
                mkdir -m 0700 "$1/other"
                export GNUPGHOME=$1/other
                gpg --batch --quiet --passphrase '' --quick-generate-key other@example.org ed25519 sign never 2>/dev/null
                gpg --batch --armor --export > "$1/other.asc"
                gpgconf --kill all
                """
            #expect(try runTool("/bin/bash", ["-c", script, "other", scratch.string]).status == 0)
            bench.environment["DIB_RPM_KEYRING"] = "\(scratch)/other.asc"
            let result = try bench.runOutside("root.d/\(row.hook)")
            #expect(result.status == 1)
            #expect(result.output.contains("key"), "\(result.output)")
            #expect(bench.calls == [])
        }
    }

    @Test("without an image of one's own a release that was given up says so")
    func givenUp() async throws {
        let variables = ["DIB_ARCHIVED_NAME": "CentOS 6", "DIB_ARCHIVED_SINCE": "30 November 2020"]
        try await withMirror("centos6", variables.merging(["DIB_CLOUD_IMAGES": ""]) { $1 }) { bench, _, _ in
            let result = try bench.runOutside("root.d/10-archived-cloud-image")
            #expect(result.status == 1)
            #expect(
                result.output.contains(
                    "CentOS 6 is past its end of life, and its project publishes no image for clouds"))
        }
    }

    @Test(
        "repositories lead to the archive or the mirror", .requires(.root),
        arguments: [
            (
                "rpm-archived", "00-02-set-archive-mirror", "CentOS-Base.repo", "7.9.2009",
                "mirrorlist=http://mirrorlist.example.org/?r=1\n#baseurl=http://mirror.example.org/centos/$releasever/os/$basearch/\n",
                "#mirrorlist=http://mirrorlist.example.org/?r=1\nbaseurl=https://m.example.org/7.9.2009/os/$basearch/\n"
            ),
            (
                "centos", "00-02-set-centos-mirror", "centos.repo", "9-stream",
                "metalink=https://mirrors.example.org/metalink?repo=centos-baseos-$stream&arch=$basearch&protocol=https\n",
                "baseurl=https://m.example.org/9-stream/BaseOS/$basearch/os\n"
            ),
            (
                "fedora", "00-02-set-fedora-mirror", "fedora.repo", "43",
                "#baseurl=http://download.example/pub/fedora/linux/releases/$releasever/Everything/$basearch/os/\nmetalink=x\n",
                "baseurl=https://m.example.org/releases/$releasever/Everything/$basearch/os/\n"
            ),
        ])
    func repositories(
        _ row: (element: String, hook: String, file: String, release: String, before: String, after: String)
    ) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: [row.element],
                environment: [
                    "DIB_RELEASE": row.release, "DIB_ARCHIVED_DIRECTORY": row.release,
                    "DIB_DISTRIBUTION_MIRROR": "https://m.example.org/",
                ])
            try bench.place(row.before, at: "/etc/yum.repos.d/\(row.file)")
            for _ in 1...2 { #expect(try bench.runInside("pre-install.d/\(row.hook)").status == 0) }
            #expect(try bench.rootText("/etc/yum.repos.d/\(row.file)") == row.after)
        }
    }
}

extension [String] {
    /// Without those that came before.
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
