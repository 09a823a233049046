import Foundation
import SystemPackage
import TestSupport
import Testing

/// What the elements of Ubuntu do besides unpacking an image.
@Suite("ubuntu", .requires(.root))
struct UbuntuTests {
    /// Sources the environment files of the elements and prints variables.
    private func variables(_ names: [String], _ elements: [String], _ given: [String: String]) throws -> ToolResult {
        let files = elements.flatMap { element in
            LibraryElement(name: element).files.filter { $0.hasPrefix("environment.d/") }
                .map {
                    (
                        FilePath($0).lastComponent?.string ?? "",
                        Checkout.elements.appending(element).pushing(FilePath($0)).string
                    )
                }
        }.sorted { $0.0 < $1.0 }.map { "source \($0.1)" }
        let prints = names.map { "echo \"\($0)=$\($0)\"" }
        return try runTool(
            "/bin/bash", ["-euc", (files + prints).joined(separator: "\n")],
            environment: given.merging(["PATH": "/usr/bin:/bin"]) { $1 })
    }

    @Test("the mirror fits the architecture, and the suites follow")
    func sources() throws {
        let names = [
            "DISTRO_NAME", "DIB_RELEASE", "DIB_INIT_SYSTEM", "DIB_DISTRIBUTION_MIRROR", "DIB_APT_SOURCES_CONF",
        ]
        let elements = ["ubuntu-common", "ubuntu-minimal"]
        let amd64 = try variables(names, elements, ["ARCH": "amd64"])
        #expect(
            amd64.output == """
                DISTRO_NAME=ubuntu
                DIB_RELEASE=noble
                DIB_INIT_SYSTEM=systemd
                DIB_DISTRIBUTION_MIRROR=http://archive.ubuntu.com/ubuntu
                DIB_APT_SOURCES_CONF=default:deb http://archive.ubuntu.com/ubuntu noble main universe
                updates:deb http://archive.ubuntu.com/ubuntu noble-updates main universe
                security:deb http://archive.ubuntu.com/ubuntu noble-security main universe
                backports:deb http://archive.ubuntu.com/ubuntu noble-backports main universe

                """)
        let arm64 = try variables(["DIB_APT_SOURCES_CONF"], elements, ["ARCH": "arm64", "DIB_UBUNTU_MIRROR_DISTS": ""])
        #expect(
            arm64.output
                == "DIB_APT_SOURCES_CONF=default:deb http://ports.ubuntu.com/ubuntu-ports noble main universe\n")
        #expect(
            try variables(["DIB_INIT_SYSTEM"], elements, ["DIB_RELEASE": "trusty"]).output
                == "DIB_INIT_SYSTEM=upstart\n")
    }

    @Test(
        "a kernel that there is not is refused at once",
        arguments: [
            ("amd64", "linux-image-x", "expected linux-image-generic"),
            ("arm64", "linux-image-kvm", "a kernel for amd64 only"),
        ])
    func kernels(architecture: String, kernel: String, message: String) throws {
        let result = try variables([], ["ubuntu-minimal"], ["ARCH": architecture, "DIB_UBUNTU_KERNEL": kernel])
        #expect(result.status == 1)
        #expect(
            result.output.hasPrefix("ubuntu-minimal: DIB_UBUNTU_KERNEL is '\(kernel)', ")
                && result.output.contains(message))
    }

    @Test("the image's sources lead to the mirror of the build, in both forms, except lines that the user leaves out")
    func mirror() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["ubuntu"],
                environment: [
                    "DIB_DISTRIBUTION_MIRROR": "https://mirror.example.org/ubuntu",
                    "DIB_DISTRIBUTION_MIRROR_UBUNTU_IGNORE": "security",
                    "DIB_DISTRIBUTION_MIRROR_UBUNTU_VERIFY_HTTPS": "0",
                ])
            let hook = "pre-install.d/01-set-ubuntu-mirror"
            try bench.place("", at: "/etc/apt/apt.conf.d/01x")
            try bench.place(
                "deb http://archive.ubuntu.com/ubuntu jammy main\ndeb http://de.archive.ubuntu.com/ubuntu/ jammy main\ndeb http://security.ubuntu.com/ubuntu jammy-security main\ndeb http://other.example.org/ubuntu x main\n",
                at: "/etc/apt/sources.list")
            #expect(try bench.runInside(hook) == ToolResult(status: 0, output: ""))
            #expect(
                try bench.rootText("/etc/apt/sources.list") == """
                    deb https://mirror.example.org/ubuntu jammy main
                    deb https://mirror.example.org/ubuntu jammy main
                    deb http://security.ubuntu.com/ubuntu jammy-security main
                    deb http://other.example.org/ubuntu x main

                    """)
            #expect(
                try bench.rootText("/etc/apt/apt.conf.d/95allow-unauthenticated")
                    == "Acquire::https::Verify-Peer \"false\";\n")
            bench.environment["DIB_DISTRIBUTION_MIRROR_UBUNTU_IGNORE"] = ""
            bench.environment["SIGNED_BY"] = "/keys/mine.gpg"
            bench.environment["DIB_DISTRIBUTION_MIRROR_UBUNTU_INSECURE"] = "1"
            try bench.place(
                "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble\nSigned-By: /usr/share/keyrings/x.gpg\n",
                at: "/etc/apt/sources.list.d/ubuntu.sources")
            #expect(try bench.runInside(hook).output == "")
            #expect(
                try bench.rootText("/etc/apt/sources.list.d/ubuntu.sources")
                    == "Types: deb\nURIs: https://mirror.example.org/ubuntu\nSuites: noble\nSigned-By: /keys/mine.gpg\n"
            )
            #expect(
                try bench.rootText("/etc/apt/apt.conf.d/95allow-unauthenticated").contains(
                    "AllowUnauthenticated \"true\""))
        }
    }

    @Test("of old packaging the signed kernel is named, of today's none needs to be")
    func signed() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["ubuntu-signed"])
            let hook = "post-install.d/90-get-signed-kernel"
            #expect(
                try bench.runInside(hook)
                    == ToolResult(status: 1, output: "ubuntu-signed: there is no kernel in /boot\n"))
            try bench.place("x", at: "/boot/vmlinuz-6.8.0-31-generic")
            #expect(
                try bench.runInside(hook).output == "The kernel /boot/vmlinuz-6.8.0-31-generic is signed as it is\n")
            #expect(bench.exists("/dib-signed-kernel-version") == false)
            try bench.place("x", at: "/boot/vmlinuz-4.4.0-9-generic.efi.signed")
            try bench.place("x", at: "/boot/vmlinuz-4.4.0-10-generic.efi.signed")
            #expect(try bench.runInside(hook).output == "")
            #expect(
                try bench.rootText("/dib-signed-kernel-version") == "DIB_SIGNED_KERNEL_VERSION=4.4.0-10-generic\n")
        }
    }

    @Test("addresses stay, and what nothing needs goes")
    func common() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["ubuntu-common"])
            try bench.fake("apt-get")
            #expect(try bench.runInside("install.d/80-disable-rfc3041").output == "")
            #expect(
                try bench.rootText("/etc/sysctl.d/99-cloudimg-ipv6.conf")
                    == "net.ipv6.conf.all.use_tempaddr = 0\nnet.ipv6.conf.default.use_tempaddr = 0\n")
            #expect(try bench.runInside("post-install.d/99-autoremove").status == 0)
            #expect(bench.calls == ["apt-get --assume-yes autoremove"])
        }
    }

    @Test("openstack-ci-mirrors takes the mirrors of a node's file, and nothing without one")
    func nodeMirrors() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["openstack-ci-mirrors"], environment: ["DISTRO_NAME": "ubuntu"])
            let show = "echo \"${DIB_DISTRIBUTION_MIRROR:-none} ${DIB_PYPI_MIRROR_URL:-none}\"\n"
            try write(
                "#!/bin/bash\nset -eu\nsource \"$(dirname \"$0\")/environment.d/11-dib-distribution-mirror.bash\"\n\(show)",
                to: bench.hooks.appending("show"), mode: 0o755)
            #expect(try bench.runInside("show").output == "none none\n")
            let node = """
                NODEPOOL_UBUNTU_MIRROR=http://mirror.example.org/ubuntu
                NODEPOOL_PYPI_MIRROR=http://mirror.example.org/pypi

                """
            try write(node, to: bench.hooks.appending("ci-mirrors/mirror_info.sh"))
            #expect(
                try bench.runInside("show").output
                    == "http://mirror.example.org/ubuntu http://mirror.example.org/pypi\n")
        }
    }
}
