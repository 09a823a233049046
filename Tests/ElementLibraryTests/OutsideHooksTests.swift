import Foundation
import SystemPackage
import TestSupport
import Testing

/// Hooks that run on the builder, each against a root beside it.
@Suite("Hooks outside the image", .requires(.root))
struct OutsideHooksTests {
    @Test(
        "hooks of the wanted install types become active, and no others",
        arguments: [
            ([:], ["40-from-source"]), (["DIB_DEFAULT_INSTALLTYPE": "package"], ["50-from-package"]),
            (["DIB_INSTALLTYPE_my_agent": "repo"], ["60-from-repo"]),
            (["DIB_DEFAULT_INSTALLTYPE": "package", "DIB_INSTALLTYPE_my_agent": "source"], ["40-from-source"]),
        ] as [([String: String], [String])])
    func installTypes(variables: [String: String], expected: [String]) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["install-types"], environment: variables)
            #expect(try bench.runOutside("extra-data.d/99-enable-install-types").status == 0, "no hooks at all")
            for (type, hook) in [
                ("source", "40-from-source"), ("package", "50-from-package"), ("repo", "60-from-repo"),
            ] {
                try write(
                    "#!/bin/sh\n", to: bench.hooks.appending("install.d/my-agent-\(type)-install/\(hook)"), mode: 0o755)
            }
            #expect(try bench.runOutside("extra-data.d/99-enable-install-types").status == 0)
            let list = try runTool(
                Checkout.resources.appending("lib/dib-run-parts").string,
                ["--list", bench.hooks.appending("install.d").string])
            #expect(list.output.split(separator: "\n").map { String($0.split(separator: "/").last ?? "") } == expected)
        }
    }

    @Test("manifests tell how the build was called, are copied, and are nobody's business in the image")
    func manifests() async throws {
        try await withScratchDirectory { scratch in
            let saved = scratch.appending("image.d")
            let bench = try HookBench(
                scratch, elements: ["manifests", "element-manifest"],
                environment: [
                    "DIB_ENV": "declare -x DIB_A=\"1\"", "DIB_ARGS": "-o x debian",
                    "DIB_MANIFEST_IMAGE_DIR": "/etc/dib-manifests",
                    "DIB_MANIFEST_SAVE_DIR": saved.string + "/",
                    "DIB_ELEMENT_MANIFEST_PATH": "/etc/dib-manifests/dib-element-manifest",
                    "IMAGE_ELEMENT": "base vm",
                ])
            #expect(try bench.runOutside("cleanup.d/01-copy-manifests-dir").status == 1, "nobody made the directory")
            for hook in [
                "extra-data.d/20-manifest-dir", "extra-data.d/75-inject-element-manifest",
                "cleanup.d/01-copy-manifests-dir",
            ] {
                #expect(try bench.runOutside(hook).status == 0)
            }
            let copies = saved.appending("dib-manifests")
            let names = try FileManager.default.contentsOfDirectory(atPath: copies.string).sorted()
            #expect(names == ["dib-element-manifest", "dib_arguments", "dib_environment"])
            #expect(try readText(copies.appending("dib-element-manifest")) == "base\nvm\n")
            #expect(try readText(copies.appending("dib_arguments")) == "-o x debian\n")
            #expect(try readText(copies.appending("dib_environment")) == "declare -x DIB_A=\"1\"\n")
            let inside = bench.rootPath("/etc/dib-manifests/dib_environment").string
            #expect(try FileManager.default.attributesOfItem(atPath: inside)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("services are kept from starting by a diversion, and every trace of it goes", .requires(.tool("dpkg-divert")))
    func blockDaemons() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["dpkg"])
            try bench.place("/usr/sbin/start-stop-daemon\n", at: "/var/lib/dpkg/info/dpkg.list")
            try bench.place("", at: "/var/lib/dpkg/status")
            try bench.place("real\n", at: "/usr/sbin/start-stop-daemon", mode: 0o755)
            let block = try bench.runOutside("root.d/50-block-daemons", mounted: true)
            #expect(block.status == 0, "\(block.output)")
            #expect(try bench.rootText("/usr/sbin/start-stop-daemon.REAL") == "real\n")
            let stub = try bench.runInside(command: ["/usr/sbin/start-stop-daemon", "--start"])
            #expect(stub.output == "Not starting daemons while the image is built\n" && stub.status == 0)
            #expect(try bench.runInside(command: ["/usr/sbin/policy-rc.d"]).status == 101)
            #expect(try bench.runOutside("root.d/50-block-daemons", mounted: true).status == 0, "twice is once")
            let unblock = try bench.runOutside("cleanup.d/40-unblock-daemons", mounted: true)
            #expect(unblock.status == 0, "\(unblock.output)")
            #expect(try bench.rootText("/usr/sbin/start-stop-daemon") == "real\n")
            #expect(try bench.rootText("/var/lib/dpkg/diversions") == "")
            #expect(!bench.exists("/usr/sbin/start-stop-daemon.REAL"))
            #expect(try bench.runInside(command: ["/bin/sh", "-c", "test ! -e /usr/sbin/policy-rc.d"]).status == 0)
        }
    }

    @Test("what is for the time of the build only is gone after it")
    func temporarySettings() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["dpkg"],
                environment: ["http_proxy": "http://proxy.example.org:3128", "DIB_APT_CHECK_VALID_UNTIL": "0"])
            try bench.place("", at: "/etc/apt/apt.conf.d/01autoremove")
            for hook in [
                "50-build-with-http-cache", "50-trim-dpkg", "50-accept-old-archives", "50-block-apt-translations",
            ] {
                #expect(try bench.runOutside("root.d/\(hook)").status == 0)
            }
            #expect(
                try bench.rootText("/etc/apt/apt.conf.d/60img-build-proxy")
                    == "Acquire::http::Proxy \"http://proxy.example.org:3128\";\n")
            #expect(try bench.rootText("/etc/dpkg/dpkg.cfg.d/02apt-speedup") == "force-unsafe-io\n")
            for hook in ["50-remove-img-build-proxy", "60-untrim-dpkg", "50-refuse-old-archives"] {
                #expect(try bench.runOutside("cleanup.d/\(hook)").status == 0)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/etc/apt/apt.conf.d").string)
                .sorted()
            #expect(left == ["01autoremove", "95no-translations"])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/etc/dpkg/dpkg.cfg.d").string) == []
            )
        }
    }

    @Test("builds share archives, not the directory apt works in; what a killed build fetched is kept")
    func archiveCache() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["dpkg"], environment: ["DIB_APT_LOCAL_CACHE": "1"])
            let shared = bench.cache.appending("apt/debian")
            try write("old", to: shared.appending("a_1_all.deb"))
            try write(scratch.appending("gone").string, to: bench.cache.appending("apt/.builds/debian/killed/owner"))
            try write("killed", to: bench.cache.appending("apt/.builds/debian/killed/archives/b_1_all.deb"))
            let own = FilePath(
                try bench.runOutside("host-bin/apt-archives", ["open"]).output.trimmingCharacters(in: .newlines))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: own.string).sorted() == [
                    "a_1_all.deb", "b_1_all.deb", "partial",
                ])
            #expect(own.removingLastComponent().lastComponent?.string == "dib_build.x")
            try write("new", to: own.appending("c_1_all.deb"))
            try write("half", to: own.appending("partial/d_1_all.deb"))
            #expect(try bench.runOutside("cleanup.d/50-shared-apt-cache").status == 0)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: shared.string).sorted() == [
                    "a_1_all.deb", "b_1_all.deb", "c_1_all.deb",
                ])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: bench.cache.appending("apt/.builds/debian").string)
                    == [])
        }
    }

    @Test("modprobe files of all elements reach the image")
    func modprobeFiles() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["modprobe"])
            let other = scratch.appending("elements/other")
            try write("blacklist x\n", to: other.appending("modprobe.d/x.conf"))
            bench.environment["IMAGE_ELEMENT_YAML"] = "modprobe: \(Checkout.elements)/modprobe\nother: \(other)\n"
            #expect(try bench.runOutside("extra-data.d/50-modprobe-blacklist").status == 0)
            #expect(try bench.rootText("/etc/modprobe.d/x.conf") == "blacklist x\n")
        }
    }

    @Test("baremetal leaves kernel and initial ramdisk beside the image, readable")
    func baremetal() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["baremetal"])
            try bench.place("12\n", at: "/etc/debian_version")
            try bench.place("kernel", at: "/boot/vmlinuz-6.1", mode: 0o600)
            try bench.place("ramdisk", at: "/boot/initrd.img-6.1", mode: 0o600)
            let result = try bench.runOutside("cleanup.d/99-extract-kernel-and-ramdisk")
            #expect(result.status == 0, "\(result.output)")
            #expect(try readText(scratch.appending("image.vmlinuz")) == "kernel")
            #expect(try readText(scratch.appending("image.initrd")) == "ramdisk")
            let mode = try FileManager.default.attributesOfItem(atPath: scratch.appending("image.vmlinuz").string)[
                .posixPermissions]
            #expect(mode as? Int == 0o644)
        }
    }

    @Test("host keys made during the build are removed")
    func hostKeys() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["runtime-ssh-host-keys"])
            #expect(try bench.runOutside("cleanup.d/90-remove-ssh-host-keys").status == 0, "no ssh at all")
            for name in ["ssh_host_rsa_key", "ssh_host_rsa_key.pub", "sshd_config"] {
                try bench.place("x", at: "/etc/ssh/\(name)")
            }
            #expect(try bench.runOutside("cleanup.d/90-remove-ssh-host-keys").status == 0)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/etc/ssh").string) == [
                    "sshd_config"
                ])
            // Not to be deleted like a file: an image with keys in it is worse than none.
            try bench.place("x", at: "/etc/ssh/ssh_host_keys/inner")
            #expect(try bench.runOutside("cleanup.d/90-remove-ssh-host-keys").status != 0)
        }
    }

    @Test("devuser takes the named key, else the builder's own")
    func devuserKeys() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["devuser"], environment: ["DIB_DEV_USER_AUTHORIZED_KEYS": ""])
            let picked = bench.hooks.appending("devuser-ssh-authorized-keys")
            #expect(
                try bench.runOutside("extra-data.d/50-devuser").output
                    == "devuser: no public key found, the user gets none\n")
            try write("own\n", to: scratch.appending(".ssh/id_rsa.pub"))
            #expect(try bench.runOutside("extra-data.d/50-devuser").status == 0)
            #expect(try readText(picked) == "own\n")
            try write("named\n", to: scratch.appending("keys"))
            bench.environment["DIB_DEV_USER_AUTHORIZED_KEYS"] = scratch.appending("keys").string
            #expect(try bench.runOutside("extra-data.d/50-devuser").status == 0)
            #expect(try readText(picked) == "named\n")
            bench.environment["DIB_DEV_USER_AUTHORIZED_KEYS"] = "/no/such/file"
            #expect(try bench.runOutside("extra-data.d/50-devuser").status == 1)
        }
    }
}
