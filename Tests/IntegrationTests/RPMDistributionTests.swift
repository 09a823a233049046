import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Roots of RPM distributions from nothing: real rpm, dnf and zypper, from repositories on the loopback.
    @Suite(.requires([.root, .loopDevices] + RPMRepositories.tools))
    struct RPMDistributions {
        /// Runs a build from the repositories' double, with room and time enough for it.
        private func build(
            _ elements: [String], from repository: String, key: String = "key.asc",
            environment changes: [String: String] = [:],
            check: (BuildSandbox, BuildResult) async throws -> Void
        ) async throws {
            let repositories = try RPMRepositories.make()
            let mirror = try WebServerDouble(folder: repositories)
            defer { mirror.stop() }
            try await withSandbox { sandbox in
                let address = "\(mirror.url)/\(repository)"
                let configuration = sandbox.path.appending("repos")
                try FileManager.default.createDirectory(
                    atPath: configuration.string, withIntermediateDirectories: true)
                try "[double]\nname=Double\nbaseurl=\(address)\n".write(
                    toFile: configuration.appending("double.repo").string, atomically: true, encoding: .utf8)
                var environment: [String: String?] = [
                    "ELEMENTS_PATH": sandbox.elements.string, "DIB_IMAGE_SIZE": "2",
                    "DIB_RPM_KEYRING": repositories.appending(key).string,
                    "DIB_YUM_MINIMAL_BOOTSTRAP_REPOS": configuration.string,
                    "DIB_ZYPPER_REPOS": "double=>\(address)",
                ]
                for (name, value) in changes { environment[name] = value }
                let running = try sandbox.start(
                    ["disk-image-create", "-t", "tar", "-o", "x"] + elements, environment: environment)
                if await !eventually(within: .seconds(400), { !running.isRunning }) { running.send(SIGKILL) }
                try await check(sandbox, try await running.result())
            }
        }

        /// Unpacks the tree of a build and gives its place.
        private func unpack(_ sandbox: BuildSandbox) throws -> FilePath {
            let tree = sandbox.path.appending("tree")
            try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
            let result = try runTool(
                "tar",
                [
                    "-xpf", sandbox.file("x.tar").string, "-C", tree.string, "--xattrs", "--xattrs-include=*",
                    "--numeric-owner",
                ])
            try #require(result.status == 0, "\(result.output)")
            return tree
        }

        private func text(_ tree: FilePath, _ path: String) throws -> String {
            try String(contentsOfFile: tree.pushing(FilePath(path)).string, encoding: .utf8)
        }

        private func names(_ tree: FilePath, _ path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: tree.pushing(FilePath(path)).string).sorted()
        }

        /// Names of the packages in the tree's own database.
        private func packages(_ tree: FilePath) throws -> Set<String> {
            let result = try runTool(
                "chroot", [tree.string, "rpm", "--query", "--all", "--queryformat", "%{NAME}\n"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"])
            return Set(result.output.split(separator: "\n").map(String.init))
        }

        @Test(
            "dnf makes the root, and the image's own dnf installs the rest",
            .timeLimit(.minutes(10)),
            arguments: [
                ("centos-minimal", "9-stream", "el9", "CentOS Stream release 9\n", "centos.repo"),
                ("centos-minimal", "10-stream", "el10", "CentOS Stream release 10\n", "centos.repo"),
                ("fedora-minimal", "43", "fedora", "Fedora release 43\n", "fedora.repo"),
                ("openeuler-minimal", "24.03-LTS", "openeuler", "openEuler release 24.03\n", "openEuler.repo"),
            ])
        func dnf(_ row: (element: String, release: String, repository: String, name: String, file: String)) async throws
        {
            let options = ["-p", "apache2,mysql-server"]
            try await build(
                [row.element] + options, from: row.repository, environment: ["DIB_RELEASE": row.release]
            ) { sandbox, result in
                result.expectStatus(0)
                let tree = try unpack(sandbox)
                #expect(try text(tree, "etc/redhat-release") == row.name)
                let installed = try packages(tree)
                let expected: Set<String> = [
                    "dnf", "kernel", "systemd", "selinux-policy-targeted", "NetworkManager", "httpd", "mariadb-server",
                ]
                #expect(expected.subtracting(installed) == [])
                #expect(installed.contains("linux-firmware") == false)
                #expect(
                    try names(tree, "boot") == ["System.map-5.14.1-1", "initramfs-5.14.1-1.img", "vmlinuz-5.14.1-1"],
                    "the newest kernel alone")
                #expect(try names(tree, "etc/yum.repos.d") == [row.file])
                #expect(try text(tree, "etc/yum.repos.d/\(row.file)").contains("baseurl=https://mirror.example.org/"))
                #expect(try text(tree, "etc/dnf/dnf.conf").contains("/tmp/yum") == false)
                #expect(try names(tree, "tmp") == [])
                #expect(try text(tree, "etc/dnf/vars/basearch") == "x86_64\n")
                let labels = try runTool(
                    "getfattr",
                    [
                        "--absolute-names", "--only-values", "-n", "security.selinux", "\(tree)/etc/passwd",
                        "\(tree)/proc",
                    ])
                #expect(
                    labels.output.split(separator: "\0") == [
                        "system_u:object_r:etc_t:s0", "system_u:object_r:default_t:s0",
                    ])
                #expect(try names(tree, "var/cache/dnf") == [])
            }
        }

        @Test(
            "zypper makes the root, and the image's own rpm gets a database of its own", .timeLimit(.minutes(10)))
        func zypper() async throws {
            try await build(["opensuse-minimal", "-p", "httpd"], from: "suse") { sandbox, result in
                result.expectStatus(0)
                let tree = try unpack(sandbox)
                let expected: Set<String> = [
                    "zypper", "kernel-default", "patterns-openSUSE-base", "openssl", "httpd", "gpg-pubkey",
                ]
                #expect(expected.subtracting(try packages(tree)) == [])
                #expect(
                    try names(tree, "boot") == [
                        "System.map-6.4.0-1", "initrd", "initrd-6.4.0-1", "vmlinuz", "vmlinuz-6.4.0-1",
                    ])
                #expect(
                    try text(tree, "boot/initrd-6.4.0-1")
                        == "initramfs: --force --no-hostonly --filesystems ext4 /boot/initrd-6.4.0-1 6.4.0-1\n")
                let repository = try text(tree, "etc/zypp/repos.d/repo-double.repo")
                #expect(repository.contains("gpgcheck=1") && repository.contains("keeppackages=0"), "\(repository)")
                #expect(try text(tree, "etc/zypp/zypp.conf").contains("solver.onlyRequires = true"))
                #expect(try text(tree, "etc/login.defs") == "USERGROUPS_ENAB yes\n")
                #expect(try names(tree, "var/cache/zypp") == [])
                #expect(try names(tree, "tmp") == [])
            }
        }

        @Test(
            "what is not signed as it must be ends the build, before there is an image", .timeLimit(.minutes(10)),
            arguments: [
                ("centos-minimal", "el9", "other.asc", "", "GPG check FAILED"),
                ("centos-minimal", "unsigned", "key.asc", "stray", "is not signed"),
                ("centos-minimal", "damaged", "key.asc", "lsof", "lsof-1-1.noarch.rpm"),
                ("opensuse-minimal", "suse", "other.asc", "", "no trusted key has signed it"),
                ("opensuse-minimal", "forged", "key.asc", "", "no trusted key has signed it"),
            ])
        func refuses(_ row: (element: String, repository: String, key: String, package: String, message: String))
            async throws
        {
            let environment = [
                "DIB_YUM_MINIMAL_BOOTSTRAP_PACKAGES": row.package, "DIB_ZYPPER_BOOTSTRAP_PACKAGES": row.package,
            ]
            try await build([row.element], from: row.repository, key: row.key, environment: environment) {
                sandbox, result in
                #expect(result.status != 0)
                #expect(result.output.contains(row.message), "\(result.lines.suffix(25).joined(separator: "\n"))")
                let archives = try sandbox.names(in: sandbox.output).filter { $0.hasSuffix(".tar") }
                #expect(archives == [])
            }
        }
    }
}
