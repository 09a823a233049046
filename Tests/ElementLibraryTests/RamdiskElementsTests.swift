import Foundation
import SystemPackage
import TestSupport
import Testing

/// The elements that make ramdisks, and the functions of `$_LIB` they are made with; whole ones are booted in BootTests.
@Suite("Ramdisk elements", .requires(.root))
struct RamdiskElementsTests {
    @Test("programs that elements ask for are looked for before anything is made")
    func programs() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["ramdisk-base"])
            try write("bash  ls\ncat\n", to: bench.hooks.appending("binary-deps.d/one"))
            try write("sed", to: bench.hooks.appending("binary-deps.d/two"))
            #expect(try bench.runInside("post-install.d/01-ramdisk-programs").status == 0)
            #expect(try bench.rootText("/etc/dib_binary_deps") == "bash ls cat sed\n")

            try bench.fake("busybox", "printf 'ash\\nudhcpc\\n'")
            try write("udhcpc nosuch no-such-either", to: bench.hooks.appending("binary-deps.d/two"))
            let result = try bench.runInside("post-install.d/01-ramdisk-programs")
            #expect(
                result.output
                    == "ramdisk-base: the image lacks programs that binary-deps.d asks for: nosuch no-such-either\n")
            #expect(result.status == 1)
        }
    }

    @Test("kernel and ramdisk come out readable, older ones are kept, checksums are made on request")
    func extraction() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["ramdisk-base"], environment: ["DIB_CHECKSUM": "md5"])
            let missing = try bench.runOutside("cleanup.d/99-extract-ramdisk-files")
            #expect(missing.status == 1)
            #expect(missing.output.contains("the image has made no /tmp/ramdisk"))
            for (name, text) in [("ramdisk", "R"), ("kernel", "K")] {
                try write(text, to: bench.root.appending("tmp/\(name)"), mode: 0o600)
            }
            try write("older", to: scratch.appending("image.kernel"))
            let result = try bench.runOutside("cleanup.d/99-extract-ramdisk-files")
            #expect(result.status == 0, "\(result.output)")
            #expect(try readText(scratch.appending("image.initramfs")) == "R")
            #expect(try readText(scratch.appending("image.kernel")) == "K")
            #expect(result.output.contains("Old image found. Renaming it to \(scratch)/image-"))
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.string)
            #expect(names.contains("image.kernel.md5") && !names.contains("image.kernel.sha256"))
            #expect(names.contains { $0.hasPrefix("image-") && $0.hasSuffix(".kernel") })
            let mode = try runTool("stat", ["-c", "%a", scratch.appending("image.kernel").string])
            #expect(mode.output == "644\n")
        }
    }

    @Test(
        "what fragments of /init call answers as documented",
        arguments: [
            ("find_parameter_from_file ip words", "10.0.0.5:10.0.0.1\n", 0),
            ("find_parameter_from_file troubleshoot words", "\n", 0), ("find_parameter_from_file no words", "", 1),
            ("find_parameter_from_file url words", "http://h/?a=b\n", 0),
            (
                "whole_disk_name sda12; whole_disk_name /dev/nvme0n1p2; whole_disk_name mmcblk0p1",
                "/dev/sda\n/dev/nvme0n1\n/dev/mmcblk0\n", 0
            ),
            ("whole_disk_name nvme0n1", "/dev/nvme0n1\n", 0),
            ("whole_disk_name tty1", "\n", 1),
            ("partition_name vda 2; partition_name nvme0n1 3", "/dev/vda2\n/dev/nvme0n1p3\n", 0),
            ("strip_dev /dev/sda; prepend_dev sda; prepend_dev /dev/sda", "sda\n/dev/sda\n/dev/sda\n", 0),
            ("string_contains 'a b c' ' b ' && echo yes; string_contains a b || echo no", "yes\nno\n", 0),
            ("n=0; wait_for 5 0 'n=$((n + 1)); [ $n -eq 3 ]'; echo $n", "3\n", 0),
            ("wait_for 2 0 false", "", 1), ("find_disk nosuch1,nosuch2", "", 1),
            ("find_interface 00-00-00-00-00-00", "lo\n", 0), ("find_interface ''", "", 1),
            ("err_msg one; err_msg two > /dev/null; echo \"$FIRST_ERR_MSG\"", "one\none\n", 0),
        ] as [(String, String, Int32)])
    func functions(text: String, output: String, status: Int32) async throws {
        try await withScratchDirectory { scratch in
            try write("ro ip=10.0.0.5:10.0.0.1 troubleshoot url=http://h/?a=b quiet\n", to: scratch.appending("words"))
            let file = Checkout.elements.appending("ramdisk-base/extra-data.d/scripts/d/init-func")
            let result = try runTool("bash", ["-c", "source '\(file)'; \(text)"], directory: scratch.string)
            // A word without value is there, and says nothing.
            #expect(result.output == (output == "\n" && text.hasSuffix("words") ? "" : output))
            #expect(result.status == status)
        }
    }

    @Test("/init is its beginning, the fragments in order, and its end; bash can read all of it")
    func initScript() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["ramdisk-base", "ramdisk"])
            #expect(try bench.runOutside("extra-data.d/01-ramdisk-build-files").status == 0)
            try write("echo last", to: bench.hooks.appending("init.d/90-last"))
            let make = """
                set -eu -o pipefail
                _LIB=/tmp/ramdisk-build TMP_MOUNT_PATH=/out
                mkdir /out
                source $_LIB/ramdisk-functions
                populate_init
                """
            let result = try bench.runInside(command: ["/bin/bash", "-c", make])
            #expect(result.output == "Installing init\n")
            let text = try bench.rootText("/out/init")
            let fragments = text.matches(of: /# init fragment from (.*)/).map { String($0.1) }
            #expect(
                fragments == [
                    "10-start-base-system", "20-init-variables", "30-start-network", "40-check-network-ready",
                    "90-last",
                ])
            #expect(text.hasPrefix("#!/bin/bash\n") && text.contains("echo last\n"))
            #expect(try runTool("bash", ["-n", bench.rootPath("/out/init").string]).status == 0)
            #expect(try runTool("test", ["-x", bench.rootPath("/out/init").string]).status == 0)
            #expect(bench.exists("/out/init-func") && bench.exists("/out/udhcpc-script"))
        }
    }

    @Test("the library's files can be sourced in the image as upstream's builders do", arguments: ["/nowhere", ""])
    func sourcedInside(temporary: String) async throws {
        try await withScratchDirectory { scratch in
            // What broke upstream's: no _BASE_ELEMENT_DIR, no TMP_IMAGE_PATH, no runner beside the functions (wart 13.13).
            let bench = try HookBench(
                scratch, elements: ["ramdisk-base"],
                environment: ["DIB_NO_TMPFS": "1", "TMP_DIR": temporary, "IMAGE_ELEMENT": "", "IMAGE_ELEMENT_YAML": ""])
            #expect(try bench.runOutside("extra-data.d/01-ramdisk-build-files").status == 0)
            try write(
                "#!/bin/bash\necho \"installed $1\" \"$SCRIPT_HOME\"\n".replacing(" $1", with: ""),
                to: bench.hooks.appending("ramdisk-install.d/10-x"), mode: 0o755)
            let runner = Checkout.resources.appending("lib/dib-run-parts").string
            try FileManager.default.copyItem(atPath: runner, toPath: bench.hooks.appending("dib-run-parts").string)
            let script = """
                set -eu -o pipefail
                _LIB=/tmp/ramdisk-build
                for name in common-defaults img-defaults ramdisk-defaults common-functions img-functions ramdisk-functions; do
                    source "$_LIB/$name"
                done
                mk_build_dir
                [ "$TMP_IMAGE_PATH" = "$TMP_IMAGE_DIR/image.raw" ]
                [ "${TMP_BUILD_DIR%.*}" = /tmp/dib_build ]
                SCRIPT_HOME=/tmp/in_target.d/bin TMP_HOOKS_PATH=/tmp/in_target.d run_d ramdisk-install 2>/dev/null
                trap EXIT
                """
            let result = try bench.runInside(command: ["/bin/bash", "-c", script])
            #expect(result.output.contains("\ninstalled /tmp/in_target.d/bin\n"), "\(result.output)")
            #expect(result.status == 0)
        }
    }
}
