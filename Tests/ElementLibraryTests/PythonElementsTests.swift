import Foundation
import SystemPackage
import TestSupport
import Testing

/// `dib-python`, `pypi`, `pip-cache`, `pip-and-virtualenv`: Python for those who want it, and for the build only.
@Suite("elements for Python", .requires(.root))
struct PythonElementsTests {
    @Test("the interpreter has its name during the build; none is installed for elements without Python")
    func interpreter() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["dib-python"], environment: ["DIB_PYTHON_VERSION": "9"])
            try bench.fake(
                "install-packages", "printf '#!/bin/sh\\n' > /usr/local/bin/python9; chmod 755 /usr/local/bin/python9")
            #expect(try bench.runInside("pre-install.d/01-dib-python").output == "")
            #expect(bench.calls == [])
            try write("#!/usr/local/bin/dib-python\n", to: bench.hooks.appending("install.d/50-mine"))
            #expect(try bench.runInside("pre-install.d/01-dib-python").status == 0)
            #expect(bench.calls == ["install-packages python9"])
            let link = bench.rootPath("/usr/local/bin/dib-python").string
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/usr/local/bin/python9")
            #expect(try bench.runOutside("cleanup.d/50-dib-python", mounted: true).output == "")
            #expect(try runTool("test", ["-L", link]).status == 1)
        }
    }

    @Test(
        "the version is that of the release's time",
        arguments: [
            ("ubuntu", "trusty", "2"), ("ubuntu", "noble", "3"), ("debian", "bookworm", "3"), ("opensuse", "42.3", "2"),
            ("centos6", "6", "2"), ("centos7", "7", "2"), ("scientific6", "6", "2"), ("centos", "9-stream", "3"),
        ])
    func version(distribution: String, release: String, version: String) throws {
        let file = Checkout.elements.appending("dib-python/environment.d/50-dib-python-version")
        let result = try runTool(
            "/bin/bash", ["-euc", "source \(file); echo \"$DIB_PYTHON_VERSION $DIB_PYTHON\""],
            environment: ["DISTRO_NAME": distribution, "DIB_RELEASE": release])
        #expect(result.output == "\(version) python\(version)\n")
    }

    @Test("pip asks the mirrors during the build, and afterwards whom it asked before")
    func mirrors() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["pypi"],
                environment: [
                    "DIB_PYPI_MIRROR_URL": "http://user@pypi.example.org:8080/simple",
                    "DIB_PYPI_MIRROR_URL_1": "https://two.example.org/simple",
                    "DIB_PYPI_MIRROR_URL_10": "https://ten.example.org",
                    "DIB_PYPI_MIRROR_URL_2": "https://three.example.org",
                    "DIB_PIP_RETRIES": "3",
                ])
            try bench.place("[global]\nindex-url = https://mine.example.org\n", at: "/etc/pip.conf")
            #expect(try bench.runInside("pre-install.d/04-configure-pypi-mirror").output == "")
            #expect(
                try bench.rootText("/etc/pip.conf") == """
                    [global]
                    index-url = http://user@pypi.example.org:8080/simple
                    extra-index-url =
                        https://two.example.org/simple
                        https://three.example.org
                        https://ten.example.org
                        https://pypi.org/simple
                    retries = 3
                    trusted-host =
                        pypi.example.org

                    """)
            #expect(try bench.runInside("post-install.d/00-unconfigure-pypi-mirror").output == "")
            #expect(try bench.rootText("/etc/pip.conf") == "[global]\nindex-url = https://mine.example.org\n")
        }
    }

    @Test("without a mirror pip is left alone; offline and by wish the index itself is not asked")
    func noMirror() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["pypi"])
            #expect(try bench.runInside("pre-install.d/04-configure-pypi-mirror").status == 0)
            #expect(try bench.runInside("post-install.d/00-unconfigure-pypi-mirror").status == 0)
            #expect(bench.exists("/etc/pip.conf") == false)
            bench.environment.merge(["DIB_PYPI_MIRROR_URL": "https://pypi.example.org/simple", "DIB_NO_PYPI_PIP": "1"])
            { $1 }
            #expect(try bench.runInside("pre-install.d/04-configure-pypi-mirror").status == 0)
            #expect(try bench.rootText("/etc/pip.conf") == "[global]\nindex-url = https://pypi.example.org/simple\n")
        }
    }

    @Test("the installer of pip is fetched and run only if asked for, and its cache goes")
    func source() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["pip-and-virtualenv"], environment: ["DIB_PYTHON": "python9"])
            let hook = "install.d/pip-and-virtualenv-source-install/04-install-pip"
            #expect(
                try bench.runInside(hook)
                    == ToolResult(status: 1, output: "pip-and-virtualenv: '/tmp/get-pip.py' has not been fetched\n"))
            try bench.fake("python9")
            try bench.place("#", at: "/tmp/get-pip.py")
            #expect(try bench.runInside(hook).status == 0)
            #expect(bench.calls == ["python9 /tmp/get-pip.py", "python9 -m pip install virtualenv"])
            try bench.place("x", at: "/root/.cache/pip/x")
            #expect(try bench.runInside("post-install.d/89-clean-up-pip-cache").status == 0)
            #expect(bench.exists("/root/.cache/pip") == false)
        }
    }

    @Test("pip-cache shows the builder's cache in the image")
    func cache() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["pip-cache"])
            try write("wheel\n", to: bench.cache.appending("pip/wheel"))
            // The mount lives as long as the call's namespace; what is below it is listed from there.
            try write(
                "#!/bin/bash\nset -eu\n\"$(dirname \"$0\")/root.d/11-pip-cache\"\ncat \"$TMP_MOUNT_PATH/tmp/pip/wheel\"\n",
                to: bench.hooks.appending("both"), mode: 0o755)
            #expect(try bench.runOutside("both", mounted: true) == ToolResult(status: 0, output: "wheel\n"))
            #expect(bench.exists("/tmp/pip/wheel") == false)
            let file = Checkout.elements.appending("pip-cache/environment.d/10-pip-cache")
            let printed = try runTool("/bin/bash", ["-euc", "source \(file); echo $PIP_DOWNLOAD_CACHE $PIP_CACHE_DIR"])
            #expect(printed.output == "/tmp/pip /tmp/pip\n")
        }
    }

    @Test("ensure-venv knows where each distribution has it")
    func environments() throws {
        let map = Checkout.elements.appending("ensure-venv/pkg-map").string
        let result = try runTool(Checkout.ingot.string, ["element-data", "pkg-map", map])
        #expect(
            result.output == """
                default\t\tpython3-venv\tpython3-venv
                distro\talpine\tpython3-venv\tpython3
                family\tgentoo\tpython3-venv\t
                family\tredhat\tpython3-venv\tpython3
                family\tsuse\tpython3-venv\tpython3

                """)
        #expect(try LibraryElement(name: "ensure-venv").text(of: "package-installs.yaml") == "python3-venv:\n")
    }
}
