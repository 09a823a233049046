import Foundation
import SystemPackage
import TestSupport
import Testing

/// What every element of the library keeps to, checked without running anything.
@Suite("Rules of the element library")
struct LibraryRulesTests {
    @Test(
        "a README names the element, the phases it has hooks in, and its variables", arguments: ElementLibrary.elements)
    func readme(element: LibraryElement) throws {
        let lines = try element.text(of: "README.rst").split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        let bar = String(repeating: "=", count: element.name.count)
        #expect(Array(lines.prefix(3)) == [bar, element.name, bar])
        let headings = zip(lines, lines.dropFirst()).filter {
            !$0.isEmpty && $1 == String(repeating: "-", count: $0.count)
        }
        #expect(headings.map(\.0).contains("Variables"))
        let phases = Set(element.files.compactMap { FilePath($0).components.first?.string }).intersection(
            ElementLibrary.phases)
        #expect(phases.filter { phase in !lines.contains { $0.contains(phase) } } == [])
    }

    @Test(
        "every variable of an element's code is in its README, or in that of an element it stands on",
        arguments: ElementLibrary.elements)
    func variablesAreDocumented(element: LibraryElement) throws {
        let core: Set<String> = [
            "DIB_DEBUG_TRACE", "DIB_OFFLINE", "DIB_IMAGE_CACHE", "DIB_RELEASE", "DIB_ENV", "DIB_ARGS", "DIB_ROOT_LABEL",
            "DIB_BOOT_LABEL", "DIB_ROOT_FSTYPE", "DIB_DEFAULT_INSTALLTYPE", "DIB_BLOCK_DEVICE", "DIB_INSTALLTYPE_",
            "DIB_PACKAGE_INSTALLS_DIR",
            "DIB_INIT_SYSTEM", "DIB_APT_LOCAL_CACHE", "DIB_APT_CHECK_VALID_UNTIL",
        ]
        let readmes = try ElementLibrary.closure(of: [element.name]).sorted()
            .map { try LibraryElement(name: $0).text(of: "README.rst") }.joined()
        var missing: Set<String> = []
        for file in element.files where !file.hasSuffix(".rst") && !file.hasSuffix(".yaml") {
            for match in try element.text(of: file).matches(of: /\$\{?[!#]?(DIB_[A-Z0-9_]+)/) {
                let name = String(match.1)
                if !core.contains(name), !readmes.contains(name) { missing.insert(name) }
            }
        }
        #expect(missing == [])
    }

    @Test("hooks and programs are executable bash scripts that stop at errors", arguments: ElementLibrary.elements)
    func scripts(element: LibraryElement) throws {
        for file in element.files {
            let name = FilePath(file).lastComponent?.string ?? ""
            let directory = FilePath(file).removingLastComponent().string
            let isHook = ElementLibrary.phases.contains(directory) && name.wholeMatch(of: /[0-9A-Za-z_-]+/) != nil
            guard isHook || directory == "bin" || directory == "host-bin" else { continue }
            #expect(element.isExecutable(file), "\(file)")
            let text = try element.text(of: file)
            #expect(text.hasPrefix("#!/bin/bash\n# "), "\(file)")
            #expect(text.contains("\nset -eu\nset -o pipefail\n"), "\(file)")
            #expect(text.contains("DIB_DEBUG_TRACE"), "\(file)")
            #expect(text.firstMatch(of: /export [A-Za-z_]+=\$\(/) == nil, "\(file)")
        }
    }

    @Test("files end in one line break and are indented by blanks", arguments: ElementLibrary.elements)
    func layout(element: LibraryElement) throws {
        for file in element.files {
            let text = try element.text(of: file)
            #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"), "\(file)")
            #expect(!text.contains("\t"), "\(file)")
            #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") }, "\(file)")
        }
    }

    @Test("dependencies are sorted, known, and not the element itself", arguments: ElementLibrary.elements)
    func dependencies(element: LibraryElement) {
        #expect(element.dependencies == element.dependencies.sorted())
        let known = Set(ElementLibrary.elements.map(\.name) + ElementLibrary.elements.flatMap(\.provides))
        #expect(Set(element.dependencies).subtracting(known) == [])
        #expect(!element.dependencies.contains(element.name))
    }

    @Test("no element names a host but those of projects, and examples", arguments: ElementLibrary.elements)
    func hosts(element: LibraryElement) throws {
        for file in element.files {
            for match in try element.text(of: file).matches(of: /(?:https?|ftp):\/\/([A-Za-z0-9.-]+)/) {
                #expect(PublicHosts.contains(String(match.1)), "\(file): \(match.1)")
            }
        }
    }

    /// Their purpose is a program that is written in it.
    private static let pythonPrograms: Set = ["ironic-python-agent-ramdisk", "python-brickclient", "simple-init"]

    @Test(
        "no element runs Python, but those that bring a program written in it",
        arguments: ElementLibrary.elements.filter { !pythonPrograms.contains($0.name) })
    func noPython(element: LibraryElement) throws {
        for file in element.files where !file.hasSuffix(".rst") {
            let text = try element.text(of: file)
            let commands = text.split(separator: "\n").filter { !$0.hasPrefix("#") || $0.hasPrefix("#!") }
            #expect(commands.allSatisfy { $0.firstMatch(of: /(^|[\s\/|(])python[0-9.]*(\s|$)/) == nil }, "\(file)")
        }
    }

    @Test("environment files can be sourced where unset variables are errors", arguments: ElementLibrary.elements)
    func environmentFiles(element: LibraryElement) async throws {
        let files = element.files.filter { $0.hasPrefix("environment.d/") }
        guard !files.isEmpty else { return }
        try await withScratchDirectory { scratch in
            let names = ElementLibrary.closure(of: [element.name]).filter {
                !$0.hasPrefix("block-device") || $0 == element.name
            }
            let bench = try HookBench(scratch, elements: names.sorted())
            for file in files {
                #expect(!element.isExecutable(file), "\(file)")
                let text = try element.text(of: file)
                #expect(!text.contains("set -x"), "\(file)")
            }
            var variables = bench.environment.filter { !$0.key.hasPrefix("DIB_INIT") }
            // An operating system knows its own releases only; other elements get one from it.
            if element.provides.contains("operating-system") { variables["DIB_RELEASE"] = nil }
            variables["PATH"] = "/usr/bin:/bin"
            let source = #"set -euo pipefail; for file in "$0"/environment.d/*; do source "$file"; done"#
            variables["DIB_INIT_SYSTEM"] = "systemd"
            let result = try runTool("/bin/bash", ["-c", source, bench.hooks.string], environment: variables)
            #expect(result.output == "")
            #expect(result.status == 0)
        }
    }

    @Test("no two elements that can be used together have a hook of the same name")
    func distinctHooks() {
        var owners: [String: [String]] = [:]
        for element in ElementLibrary.elements {
            for file in element.files where file.contains("/") && file != "bin/install-packages" {
                owners[file, default: []].append(element.name)
            }
        }
        let clashes = owners.filter { file, names in
            // Of the elements that provide the same thing a build takes one; so it does of package managers, and of containers.
            names.count > 1 && file != "bin/install-packages" && !file.hasPrefix("containerfiles/")
                && names.map { Set(LibraryElement(name: $0).provides) }.reduce(nil) { common, provided in
                    common.map { $0.intersection(provided) } ?? provided
                }?.isEmpty != false
        }
        #expect(clashes.keys.sorted() == [])
    }

    @Test("shellcheck finds nothing in elements and shell resources", .requires(.tool("shellcheck")))
    func shellcheck() throws {
        var scripts: [String] = []
        for element in ElementLibrary.elements {
            for file in element.files {
                let isSourced = file.hasPrefix("environment.d/") || file.hasSuffix(".bash")
                let text = try element.text(of: file)
                if isSourced || text.hasPrefix("#!/bin/bash") || text.hasPrefix("#!/bin/sh") {
                    scripts.append(element.path.pushing(FilePath(file)).string)
                }
            }
        }
        for folder in ["lib", "shims"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: Checkout.resources.appending(folder).string)
            scripts += names.sorted().filter { $0 != "chroot" }
                .map { Checkout.resources.appending(folder).appending($0).string }
        }
        // What lies beside it are other names of it.
        scripts.append(Checkout.resources.appending("shims/chroot/mount").string)
        let plain = scripts.filter { !$0.contains("/environment.d/") }
        let sourced = scripts.filter { $0.contains("/environment.d/") }
        #expect(try runTool("shellcheck", plain).output == "")
        #expect(try runTool("shellcheck", ["-s", "bash"] + sourced).output == "")
    }
}
