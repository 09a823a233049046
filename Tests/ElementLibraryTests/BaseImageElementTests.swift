import Foundation
import SystemPackage
import TestSupport
import Testing

/// `ubuntu`, `gentoo`, `alpine-minimal`: the published image becomes the root, checked; so does one of the user's own.
///
/// Each element is pointed to a mirror double with an image as its makers would publish it.
@Suite(
    "base images of elements",
    .requires(.root, .tool("curl"), .tool("gpg"), .tool("gpgv"), .tool("mksquashfs"), .tool("mke2fs"), .tool("xz")))
struct BaseImageElementTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let element: String
        let hook: String
        let environmentFiles: [String]
        /// Where the mirror's address goes.
        let variable: String
        let keyring: String
        /// Makes `www` of `tree`, with `$sign`.
        let publish: String
        let image: String
        let sums: String

        var testDescription: String { element }
    }

    private static let cases = [
        Case(
            element: "ubuntu", hook: "root.d/10-cache-ubuntu-tarball",
            environmentFiles: [
                "ubuntu-common/environment.d/10-ubuntu-distro-name.bash",
                "ubuntu/environment.d/12-ubuntu-cloud-image.bash",
            ],
            variable: "DIB_CLOUD_IMAGES", keyring: "DIB_UBUNTU_CLOUD_KEYRING",
            publish: """
                mksquashfs tree www/noble-server-cloudimg-amd64.squashfs -quiet -no-progress
                cd www; sha256sum *.squashfs > SHA256SUMS; $gpg --detach-sign --output SHA256SUMS.gpg SHA256SUMS
                """,
            image: "noble-server-cloudimg-amd64.squashfs", sums: "SHA256SUMS"),
        Case(
            element: "gentoo", hook: "root.d/10-gentoo-image",
            environmentFiles: ["gentoo/environment.d/00-gentoo-envars.bash"], variable: "DIB_CLOUD_SOURCE",
            keyring: "DIB_GENTOO_KEYRING",
            publish: """
                mkdir www/20251101T1; cd www; name=20251101T1/stage3-amd64-openrc-20251101T1.tar.xz
                tar -C ../tree -cJf $name .; { echo '# Latest as of now'; echo "$name 123"; } > latest
                $gpg --clearsign --output latest-stage3-amd64-openrc.txt latest
                (cd 20251101T1; sha256sum *.xz > sum; $gpg --clearsign --output "$(echo *.xz).sha256" sum)
                $gpg --armor --detach-sign --output $name.asc $name
                """,
            image: "20251101T1/stage3-amd64-openrc-20251101T1.tar.xz",
            sums: "20251101T1/stage3-amd64-openrc-20251101T1.tar.xz.sha256"),
        Case(
            element: "alpine-minimal", hook: "root.d/08-alpine-minimal",
            environmentFiles: ["alpine-minimal/environment.d/10-alpine-minimal.bash"],
            variable: "DIB_DISTRIBUTION_MIRROR",
            keyring: "DIB_ALPINE_KEYRING",
            publish: """
                mkdir -p www/latest-stable/releases/x86_64; cd www/latest-stable/releases/x86_64
                touch alpine-minirootfs-3.9.6-x86_64.tar.gz alpine-virt-3.22.1-x86_64.iso
                name=alpine-minirootfs-3.22.1-x86_64.tar.gz; tar -C ../../../../tree -czf $name .
                sha512sum $name > $name.sha512; $gpg --armor --detach-sign --output $name.asc $name
                """,
            image: "latest-stable/releases/x86_64/alpine-minirootfs-3.22.1-x86_64.tar.gz",
            sums: "latest-stable/releases/x86_64/alpine-minirootfs-3.22.1-x86_64.tar.gz.sha512"),
    ]

    private struct Bench {
        let scratch: FilePath
        let mirror: WebServerDouble
        let test: Case
        var hooks: HookBench

        init(_ scratch: FilePath, _ test: Case) throws {
            (self.scratch, self.test) = (scratch, test)
            let script = """
                mkdir -p www tree/etc tree/usr/lib tree/bin; echo ID=double > tree/usr/lib/os-release; echo hello > tree/etc/issue
                mkdir -m 700 gnupg; export GNUPGHOME=$PWD/gnupg
                gpg='gpg --batch --quiet --yes --no-tty --pinentry-mode loopback'
                trap 'gpgconf --kill gpg-agent' EXIT
                for name in right wrong; do
                    $gpg --passphrase '' --quick-gen-key "$name <$name@example.org>" ed25519 sign never
                    $gpg --export --armor "$name" > "$name.asc"
                done
                gpg="$gpg --local-user right"
                \(test.publish)
                """
            let made = try runTool("/bin/bash", ["-euo", "pipefail", "-c", script], directory: scratch.string)
            try #require(made.status == 0, "\(made.output)")
            mirror = try WebServerDouble(folder: scratch.appending("www"))
            hooks = try HookBench(
                scratch, elements: [test.element, "cache-url"],
                environment: [
                    "INGOT": Checkout.ingot.string, "DIB_CACHE_URL_RETRY_DELAY": "0", "DISTRO_NAME": "",
                    "DIB_RELEASE": "",
                    "DIB_INIT_SYSTEM": "", test.keyring: scratch.appending("right.asc").string,
                ])
        }

        /// The hook with the element's own environment, as a phase has it.
        func run(_ extra: [String: String] = [:]) throws -> ToolResult {
            var bench = hooks
            bench.environment[test.variable] = mirror.url
            bench.environment.merge(extra) { $1 }
            let files = test.environmentFiles.map { "source \(Checkout.elements.pushing(FilePath($0)))" }
            let runner = files.joined(separator: "\n") + "\nexec \"$(dirname \"$0\")/\(test.hook)\"\n"
            try write("#!/bin/bash\nset -eu\n\(runner)", to: hooks.hooks.appending("with-environment"), mode: 0o755)
            return try bench.runOutside("with-environment")
        }
    }

    private func bench(_ test: Case, _ body: (Bench) throws -> Void) async throws {
        try await withScratchDirectory { scratch in
            let bench = try Bench(scratch, test)
            defer { bench.mirror.stop() }
            try body(bench)
        }
    }

    @Test("the image is fetched, checked and unpacked; offline the cache serves", arguments: cases)
    func published(test: Case) async throws {
        try await bench(test) { bench in
            let result = try bench.run()
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("Verified "))
            #expect(try bench.hooks.rootText("/etc/issue") == "hello\n")
            #expect(bench.mirror.asked.contains("GET /\(test.image)"))
            #expect(bench.mirror.asked.contains { $0.hasSuffix(".gpg") || $0.hasSuffix(".asc") })
            let seen = bench.mirror.asked.count
            let offline = try bench.run(["DIB_OFFLINE": "1"])
            #expect(offline.status == 0, "\(offline.output)")
            #expect(bench.mirror.asked.count == seen)
        }
    }

    @Test(
        "a wrong sum, a wrong key, a missing image and an empty cache are errors, and nothing is unpacked",
        arguments: cases)
    func refused(test: Case) async throws {
        try await bench(test) { bench in
            let wrongKey = try bench.run([test.keyring: bench.scratch.appending("wrong.asc").string])
            #expect(wrongKey.status != 0)
            #expect(wrongKey.output.contains("No public key"), "\(wrongKey.output)")
            let offline = try bench.run([
                "DIB_OFFLINE": "1", "DIB_IMAGE_CACHE": bench.scratch.appending("empty").string,
            ])
            #expect(offline.status != 0)
            #expect(offline.output.contains("offline"))
            // Without keys the sums still count.
            let image = bench.scratch.appending("www").pushing(FilePath(test.image))
            try write("not this\n", to: image)
            let wrongSum = try bench.run([test.keyring: ""])
            #expect(wrongSum.status != 0)
            #expect(wrongSum.output.contains("is not the image that was announced"), "\(wrongSum.output)")
            try FileManager.default.removeItem(atPath: image.string)
            let missing = try bench.run()
            #expect(missing.status == 44)
            #expect(bench.hooks.exists("/etc/issue") == false)
        }
    }

    @Test("unchecked only if the user says so", arguments: cases)
    func unverified(test: Case) async throws {
        try await bench(test) { bench in
            try FileManager.default.removeItem(
                atPath: bench.scratch.appending("www").pushing(FilePath(test.sums)).string)
            #expect(try bench.run([test.keyring: ""]).status == 44)
            let result = try bench.run(["DIB_CLOUD_IMAGE_VERIFY": "0"])
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.hooks.rootText("/etc/issue") == "hello\n")
        }
    }

    @Test("an image of one's own is the base, and the mirror is not asked", arguments: cases)
    func local(test: Case) async throws {
        try await bench(test) { bench in
            let made = try runTool(
                "/bin/bash",
                ["-euc", "mke2fs -q -t ext4 -d tree golden.raw 32M && qemu-img convert -O qcow2 golden.raw golden"],
                directory: bench.scratch.string)
            try #require(made.status == 0, "\(made.output)")
            let golden = bench.scratch.appending("golden").string
            let result = try bench.run(["DIB_LOCAL_IMAGE": golden])
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.hooks.rootText("/etc/issue") == "hello\n")
            let missing = try bench.run(["DIB_LOCAL_IMAGE": golden + ".x"])
            #expect(
                missing.output.hasSuffix(
                    "\(test.element): DIB_LOCAL_IMAGE names '\(golden).x', and there is no such file\n"))
            #expect(missing.status == 1)
            #expect(bench.mirror.asked == [])
        }
    }
}
