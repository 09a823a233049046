import Foundation
import SystemPackage
import TestSupport
import Testing

/// `containerfile` and `docker`: the files of a container become the root; the runtime is one that only says what it did.
@Suite("containers as a base", .requires(.root))
struct ContainerElementsTests {
    /// A runtime that builds nothing, and exports a small tree.
    private static let runtime = """
        case "$1" in
            create) echo c0ffee ;;
            export) tar -C "$TREE" -c . ;;
            build) if [ -n "${FAIL:-}" ]; then exit 3; fi ;;
        esac
        """

    private func bench(_ scratch: FilePath, _ element: String, _ extra: [String: String]) throws -> HookBench {
        let tree = scratch.appending("tree")
        try write("hello\n", to: tree.appending("etc/issue"))
        try write("", to: tree.appending(".dockerenv"))
        let bench = try HookBench(
            scratch, elements: [element], environment: extra.merging(["TREE": tree.string]) { $1 })
        for name in ["podman", "docker"] { try bench.fake(name, Self.runtime) }
        return bench
    }

    @Test(
        "a container is built of the user's file, exported, and removed; as root if asked for",
        arguments: ["podman", "docker"])
    func build(runtime: String) async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("Containerfile")
            try write("FROM scratch\n", to: file)
            let bench = try bench(
                scratch, "containerfile",
                [
                    "DIB_CONTAINERFILE_DOCKERFILE": file.string, "DIB_CONTAINERFILE_RUNTIME": runtime,
                    "DIB_CONTAINERFILE_BUILDOPTS": "--pull --squash", "DIB_CONTAINERFILE_RUNTIME_ROOT": "1",
                ])
            let result = try bench.runOutside("root.d/08-containerfile")
            #expect(result == ToolResult(status: 0, output: "Building a container from \(file) with \(runtime)\n"))
            #expect(try bench.rootText("/etc/issue") == "hello\n")
            #expect(bench.exists("/.dockerenv") == false)
            let calls = bench.calls.map { $0.replacing(/dib-tmp-[a-z0-9]+/, with: "TAG") }
            #expect(
                calls == [
                    "\(runtime) build --network host --tag TAG --file \(file) --pull --squash \(bench.cache)/containerfile",
                    "\(runtime) create --network host TAG /bin/sh", "\(runtime) export c0ffee",
                    "\(runtime) rm --force c0ffee", "\(runtime) rmi --force TAG",
                ])
        }
    }

    @Test("without a file of the user's that of an element for the release counts")
    func ofElement() async throws {
        try await withScratchDirectory { scratch in
            var bench = try bench(
                scratch, "containerfile",
                ["DIB_CONTAINERFILE_NETWORK_DRIVER": "slirp", "DIB_CONTAINER_CONTEXT": "\(scratch)/ctx"])
            let missing = try bench.runOutside("root.d/08-containerfile")
            #expect(
                missing.output
                    == "containerfile: no element has a file containerfiles/bookworm; set DIB_CONTAINERFILE_DOCKERFILE\n"
            )
            #expect(missing.status == 1)
            let file = scratch.appending("elements/mine/containerfiles/bookworm")
            try write("FROM scratch\n", to: file)
            bench.environment["IMAGE_ELEMENT_YAML"]? += "mine: \(scratch)/elements/mine\n"
            #expect(try bench.runOutside("root.d/08-containerfile").status == 0)
            #expect(bench.calls.first?.hasSuffix("--file \(file) \(scratch)/ctx") == true)
            #expect(bench.calls.first?.contains("--network slirp") == true)
        }
    }

    @Test("a build that fails ends the hook, and leaves nothing of it behind")
    func failure() async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("Containerfile")
            try write("FROM scratch\n", to: file)
            var bench = try bench(scratch, "containerfile", ["DIB_CONTAINERFILE_DOCKERFILE": file.string, "FAIL": "1"])
            #expect(try bench.runOutside("root.d/08-containerfile").status == 3)
            #expect(bench.calls.map { $0.split(separator: " ")[1] } == ["build", "rmi"])
            bench.environment["DIB_CONTAINERFILE_RUNTIME"] = "lxc"
            #expect(
                try bench.runOutside("root.d/08-containerfile").output
                    == "containerfile: DIB_CONTAINERFILE_RUNTIME is 'lxc', expected podman or docker\n")
        }
    }

    @Test("an image of a registry is pulled, offline it is taken as it is")
    func pull() async throws {
        try await withScratchDirectory { scratch in
            var bench = try bench(scratch, "docker", ["DISTRO_NAME": "debian"])
            #expect(try bench.runOutside("root.d/08-docker").status == 0)
            #expect(try bench.rootText("/etc/issue") == "hello\n")
            let rest = ["docker create debian:bookworm /bin/sh", "docker export c0ffee", "docker rm --force c0ffee"]
            #expect(bench.calls == ["docker pull debian:bookworm"] + rest)
            bench.environment.merge(["DIB_OFFLINE": "1", "DIB_DOCKER_IMAGE": "mine:1", "DIB_DOCKER_RUNTIME": "podman"])
            { $1 }
            #expect(try bench.runOutside("root.d/08-docker").status == 0)
            #expect(bench.calls.dropFirst(4).first == "podman create mine:1 /bin/sh")
        }
    }
}
