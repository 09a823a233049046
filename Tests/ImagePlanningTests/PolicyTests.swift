import Basics
import BlockDevices
import ImagePlanning
import Testing

/// Where trees are built, how outputs are named, what mkfs is told.
@Suite struct PolicyTests {
    struct WorkspaceCase: CustomTestStringConvertible, Sendable {
        var environment: [String: String] = [:]
        var gibibytes: UInt64 = 4
        let expected: String
        var testDescription: String { "\(environment.sorted { $0.key < $1.key }) with \(gibibytes) GiB" }
    }

    @Test(
        "trees are on tmpfs if twice the wanted memory is available",
        arguments: [
            WorkspaceCase(gibibytes: 4, expected: "tmpfs /tmp"),
            WorkspaceCase(
                gibibytes: 3,
                expected: "disk /tmp WARNING: Not enough RAM to use tmpfs for build. Using /tmp. (3145728 < 4G)"),
            WorkspaceCase(environment: ["DIB_MIN_TMPFS": "5"], gibibytes: 10, expected: "tmpfs /tmp"),
            WorkspaceCase(
                environment: ["DIB_MIN_TMPFS": "5", "TMP_DIR": "/big"], gibibytes: 9,
                expected: "disk /big WARNING: Not enough RAM to use tmpfs for build. Using /big. (9437184 < 10G)"),
            WorkspaceCase(environment: ["DIB_MIN_TMPFS": "0"], gibibytes: 0, expected: "tmpfs /tmp"),
            WorkspaceCase(environment: ["DIB_NO_TMPFS": "1"], gibibytes: 64, expected: "disk /tmp"),
            WorkspaceCase(environment: ["GENTOO_PROFILE": "x/hardened/y"], gibibytes: 64, expected: "disk /tmp"),
            WorkspaceCase(environment: ["TMPDIR": "/a", "TMP_DIR": "/b"], gibibytes: 64, expected: "tmpfs /a"),
            WorkspaceCase(environment: ["TMPDIR": "", "TMP_DIR": "/b"], gibibytes: 64, expected: "tmpfs /b"),
        ])
    func workspace(testCase: WorkspaceCase) {
        let policy = WorkspacePolicy(
            request: request(testCase.environment), memoryAvailable: .gibibytes(testCase.gibibytes))
        let words = [policy.usesTmpfs ? "tmpfs" : "disk", policy.parentDirectory, policy.warning].compactMap(\.self)
        #expect(words.joined(separator: " ") == testCase.expected)
    }

    @Test(
        "a suffix in the name is not doubled where there is one format",
        arguments: [
            ("debian", [OutputFormat.qcow2], ["debian", "debian.qcow2"]),
            ("debian.qcow2", [.qcow2], ["debian", "debian.qcow2"]),
            ("debian.qcow2.qcow2", [.qcow2], ["debian.qcow2", "debian.qcow2.qcow2"]),
            ("debian.raw", [.qcow2], ["debian.raw", "debian.raw.qcow2"]),
            ("p.img", [.tar, .raw], ["p.img", "p.img.tar", "p.img.raw"]),
            ("p.raw", [.tar, .raw], ["p.raw", "p.raw.tar", "p.raw.raw"]),
            ("/out/x.vmdk", [.qemu("vmdk")], ["/out/x", "/out/x.vmdk"]), ("d/x.tgz", [.tgz], ["d/x", "d/x.tgz"]),
            ("x.squashfs", [.tree(.squashfs)], ["x", "x.squash"]), ("x.squash", [.tree(.squashfs)], ["x", "x.squash"]),
            ("x", [.tree(.docker), .tar], ["x", "repository:tag", "x.tar"]),
            ("xqcow2", [.qcow2], ["xqcow2", "xqcow2.qcow2"]),
        ])
    func outputNames(name: String, formats: [OutputFormat], expected: [String]) {
        let (stem, outputs) = PlannedOutput.outputs(name: name, formats: formats, dockerTarget: "repository:tag")
        #expect([stem] + outputs.map(\.path) == expected)
    }

    @Test(
        "the root's mkfs gets upstream's options, the user's last",
        arguments: [
            ("ext4", [:], "", "-i 4096 -J size=64"), ("xfs", [:], "", ""), ("xfs", [:], "-m crc=0", "-m crc=0"),
            ("ext4", ["MAX_ONLINE_RESIZE": "99"], "-i 8192", "-E resize=99 -i 4096 -J size=64 -i 8192"),
            ("xfs", ["MAX_ONLINE_RESIZE": "99"], "", "-E resize=99"),
            ("ext4", ["DIB_RELEASE": "trusty"], "", "-O ^metadata_csum -i 4096 -J size=64"),
            ("ext3", ["DIB_RELEASE": "trusty"], "", ""),
        ])
    func mkfsOptions(type: String, environment: [String: String], user: String, expected: String) {
        let request = request(environment) { $0.mkfsOptions = user }
        let format = RootFormat(journal: 64)
        #expect(RootFilesystemOptions.text(type: type, request: request, format: format, features: []) == expected)
    }

    @Test(
        "elements say what of ext4 their systems do not know",
        arguments: [
            ("ext4", [:], "-O ^64bit,^metadata_csum -i 4096 -J size=64"), ("xfs", [:], ""),
            ("ext4", ["DIB_RELEASE": "trusty"], "-O ^64bit,^metadata_csum -i 4096 -J size=64"),
        ])
    func features(type: String, environment: [String: String], expected: String) {
        let text = RootFilesystemOptions.text(
            type: type, request: request(environment), format: RootFormat(journal: 64),
            features: ["^64bit", "^metadata_csum"])
        #expect(text == expected)
    }

    @Test func onlyFormatsThatSomethingWritesAreKnown() {
        #expect(OutputFormat.names.allSatisfy { OutputFormat($0)?.name == $0 })
        #expect(["docker", "squashfs", "aci", "tar.zst", "vmdk"].allSatisfy(OutputFormat.names.contains))
        #expect(["squash", "tarZstd", "QCOW2", ""].allSatisfy { OutputFormat($0) == nil })
    }
}
