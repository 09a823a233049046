import Foundation
import SystemPackage
import TestSupport
import Testing

/// Elements of one or two hooks: enable-serial-console, journal-to-console, local-config, no-final-image.
@Suite("Small elements", .requires(.root))
struct SmallElementsTests {
    @Test("a serial port gets a login prompt whatever the init system")
    func serialConsole() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["enable-serial-console"])
            #expect(try bench.runInside("install.d/20-stty").status == 0)
            #expect(try bench.rootText("/etc/udev/rules.d/99-serial-console.rules").contains("getty@$name.service"))
            bench.environment["DIB_INIT_SYSTEM"] = "openrc"
            bench.environment["DIB_BOOTLOADER_SERIAL_CONSOLE"] = "ttyAMA0,9600"
            try bench.place("# ttyAMA0\n", at: "/etc/inittab")
            for _ in 1...2 { #expect(try bench.runInside("install.d/20-stty").status == 0) }
            #expect(
                try bench.rootText("/etc/inittab")
                    == "# ttyAMA0\ns0:12345:respawn:/sbin/agetty 9600 ttyAMA0 vt100\n")
            bench.environment["DIB_INIT_SYSTEM"] = "runit"
            let unknown = try bench.runInside("install.d/20-stty")
            #expect(unknown.status == 1)
            #expect(unknown.output.contains("do not know how to start a getty with init system 'runit'"))
        }
    }

    @Test("the journal goes to the console")
    func journal() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["journal-to-console"])
            #expect(try bench.runInside("post-install.d/30-journal-to-console").status == 0)
            #expect(
                try bench.rootText("/etc/systemd/journald.conf.d/log-to-console.conf")
                    == "[Journal]\nForwardToConsole=true\n")
        }
    }

    @Test("who may log in to the builder's account may log in to the image")
    func keys() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["local-config"], environment: ["DIB_LOCAL_CONFIG_USERNAME": "root"])
            #expect(try bench.runOutside("extra-data.d/62-ssh-key").status == 0, "nothing to take along")
            try write("ssh-ed25519 AAAA builder\n", to: scratch.appending(".ssh/authorized_keys"))
            #expect(try bench.runOutside("extra-data.d/62-ssh-key").status == 0)
            try bench.place("ssh-rsa BBBB image\n", at: "/root/.ssh/authorized_keys")
            let inside = try bench.runInside("install.d/62-ssh-key")
            #expect(inside.status == 0, "\(inside.output)")
            #expect(
                try bench.rootText("/root/.ssh/authorized_keys") == "ssh-rsa BBBB image\nssh-ed25519 AAAA builder\n")
            bench.environment["DIB_LOCAL_CONFIG_USERNAME"] = "nobody-here"
            let missing = try bench.runInside("install.d/62-ssh-key")
            #expect(missing.status == 1)
            #expect(missing.output.contains("local-config: the image has no user 'nobody-here'"))
        }
    }

    @Test("package managers use the builder's proxy")
    func proxy() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["local-config"],
                environment: ["http_proxy": "http://proxy:3128", "https_proxy": "", "no_proxy": "a.example"])
            try bench.place("", at: "/etc/apt/apt.conf.d/keep")
            try bench.place("[main]\n", at: "/etc/dnf/dnf.conf")
            let result = try bench.runInside("pre-install.d/02-proxy-settings")
            #expect(result.status == 0, "\(result.output)")
            #expect(
                try bench.rootText("/etc/apt/apt.conf.d/02-use-http-proxy")
                    == "Acquire::http::Proxy \"http://proxy:3128\";\n")
            #expect(
                try bench.rootText("/etc/apt/apt.conf.d/02-no-proxy") == "Acquire::http::Proxy::a.example DIRECT;\n")
            #expect(try bench.rootText("/etc/dnf/dnf.conf") == "[main]\nproxy=http://proxy:3128\n")
            #expect(throws: (any Error).self) { try bench.rootText("/etc/apt/apt.conf.d/02-use-https-proxy") }
        }
    }

    @Test("no-final-image leaves the disk out of the plan")
    func noFinalImage() throws {
        func steps(_ elements: [String]) throws -> String {
            try runTool(Checkout.ingot.string, ["plan", "-o", "/tmp/x", "debian-minimal", "vm"] + elements).output
        }
        #expect(try steps([]).contains("write qcow2"))
        #expect(!(try steps(["no-final-image"]).contains("write qcow2")))
    }
}
