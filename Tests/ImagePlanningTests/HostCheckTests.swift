import Basics
import Foundation
import ImagePlanning
import Testing

@Suite struct HostCheckTests {
    private static let debian = HostFacts.Distribution(identifier: "debian", codename: "bookworm", name: "Debian 12")

    /// A host on which everything is there.
    static var facts: HostFacts {
        HostFacts(
            effectiveUserID: 0, kernelRelease: "6.1.0", machine: "x86_64", distribution: debian,
            filesystems: ["ext4", "tmpfs"], hasLoopControl: true, hasNamespaces: true, hasDeviceMapper: true,
            hasKVM: true, tools: ["bash": "/bin/bash", "mmdebstrap": "/usr/bin/mmdebstrap"],
            memoryTotal: .gibibytes(16), memoryAvailable: .gibibytes(12),
            freeSpace: ["/tmp": .gibibytes(50), ".": .gibibytes(50)], keyrings: ["debian-archive-keyring.gpg"])
    }

    private static let needs = HostNeeds(
        tools: [
            HostNeeds.Tool("bash", to: "run hooks"),
            HostNeeds.Tool("mmdebstrap", "debootstrap", to: "install Debian's base system"),
        ],
        filesystems: ["ext4"],
        space: [HostNeeds.Space(directory: "/tmp", bytes: .gibibytes(4), content: "temporary trees")],
        keyrings: ["debian-archive-keyring.gpg": "verify Debian's archive"], boots: true)

    private func checks(
        facts change: (inout HostFacts) -> Void = { _ in }, needs adjust: (inout HostNeeds) -> Void = { _ in }
    ) -> [HostCheck] {
        var (facts, needs) = (Self.facts, Self.needs)
        change(&facts)
        adjust(&needs)
        return HostCheck.checks(facts, needs)
    }

    @Test func aGoodHostPassesEveryCheckInAFixedOrder() {
        let all = checks()
        #expect(all.allSatisfy { $0.status == .ok && $0.remedy == nil && $0.packages.isEmpty })
        #expect(
            all.map(\.title) == [
                "root", "namespaces", "loop devices", "filesystem ext4", "KVM", "bash", "mmdebstrap or debootstrap",
                "debian-archive-keyring.gpg", "room for temporary trees",
            ])
        #expect(HostCheck.installCommand(for: all, on: Self.facts) == nil)
    }

    @Test func aFilesystemThatIsFilledInTheFileNeedsNoDriverAndSaysWhy() {
        let all = checks(needs: { $0.offlineFilesystems = ["vfat"] })
        #expect(
            all.contains(
                HostCheck(
                    "filesystem vfat", .ok,
                    "kernel 6.1.0 cannot mount it: filled in the image file, without mounting it")))
        #expect(all.allSatisfy { $0.status == .ok })
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let what: String
        var facts: @Sendable (inout HostFacts) -> Void = { _ in }
        var needs: @Sendable (inout HostNeeds) -> Void = { _ in }
        let expected: [HostCheck]
        var testDescription: String { what }
    }

    /// For each case, exactly the checks that are not ok.
    @Test("what is not there is reported with its remedy", arguments: cases)
    func reports(testCase: Case) {
        #expect(checks(facts: testCase.facts, needs: testCase.needs).filter { $0.status != .ok } == testCase.expected)
    }

    static let cases: [Case] = privilegeCases + kernelCases + toolCases + roomCases

    private static let privilegeCases = [
        Case(
            what: "an ordinary user",
            facts: {
                $0.effectiveUserID = 1000
                $0.hasNamespaces = false
            },
            expected: [
                HostCheck(
                    "root", .missing, "running as uid 1000; mounts and loop devices need root",
                    remedy: "run it with sudo, or as root"),
                HostCheck(
                    "namespaces", .missing, "mount and PID namespaces cannot be made",
                    remedy: "run it with sudo, or as root"),
            ]),
        Case(
            what: "root in a plain container",
            facts: {
                $0.hasNamespaces = false
                $0.hasLoopControl = false
            },
            expected: [
                HostCheck(
                    "namespaces", .missing, "mount and PID namespaces cannot be made",
                    remedy:
                        "in a container, add the capability SYS_ADMIN (docker run --privileged, or --cap-add SYS_ADMIN)"
                ),
                HostCheck(
                    "loop devices", .missing, "/dev/loop-control cannot be opened",
                    remedy: "modprobe loop (in a container: --privileged and -v /dev:/dev)"),
            ]),
    ]

    private static let kernelCases = [
        Case(
            what: "an image to start from whose file system the kernel lacks",
            needs: { $0.baseFilesystems = ["zzfs": .essential, "yyfs": .useful] },
            expected: [
                HostCheck(
                    "filesystem yyfs of the base image", .warning,
                    "kernel 6.1.0 can neither mount it nor load a module for it; published images usually lie on it",
                    remedy: "boot a kernel with yyfs, or name another image (DIB_LOCAL_IMAGE)"),
                HostCheck(
                    "filesystem zzfs of the base image", .missing,
                    "kernel 6.1.0 can neither mount it nor load a module for it; the system in the image lies on it",
                    remedy: "boot a kernel with zzfs, or name another image (DIB_LOCAL_IMAGE)"),
            ]),
        Case(
            what: "an image of an architecture that the host cannot run",
            facts: { $0.runsForeignPrograms = false }, needs: { $0.architecture = Architecture("arm64") },
            expected: [
                HostCheck(
                    "arm64 programs", .missing,
                    "this host (x86_64) cannot run them, nor has it an emulator of qemu-user; needed to run hooks in the image",
                    remedy: "apt-get install -y qemu-user-static", packages: ["qemu-user-static"])
            ]),
        Case(
            what: "an emulator that the kernel was not told of",
            facts: {
                $0.runsForeignPrograms = false
                $0.tools["qemu-aarch64-static"] = "/usr/bin/qemu-aarch64-static"
            }, needs: { $0.architecture = Architecture("arm64") },
            expected: [
                HostCheck(
                    "arm64 programs", .missing,
                    "qemu-aarch64-static is installed, but the kernel does not use it (binfmt_misc, with the flag F)",
                    remedy:
                        "systemctl restart systemd-binfmt (in a container: register it on the host, with the flag F)")
            ]),
        Case(
            what: "an architecture that the host runs",
            facts: { $0.runsForeignPrograms = true }, needs: { $0.architecture = Architecture("arm64") },
            expected: []),
        Case(
            what: "the host's own architecture", needs: { $0.architecture = Architecture("amd64") }, expected: []),
        Case(
            what: "a kernel without the filesystem", needs: { $0.filesystems = ["ext4", "vfat"] },
            expected: [
                HostCheck(
                    "filesystem vfat", .missing, "kernel 6.1.0 can neither mount it nor load a module for it",
                    remedy: "boot a kernel with vfat, or choose another filesystem (FS_TYPE, DIB_BLOCK_DEVICE_CONFIG)")
            ]),
        Case(
            what: "LVM without device-mapper, not root",
            facts: {
                $0.hasDeviceMapper = false
                $0.effectiveUserID = 7
            },
            needs: { $0.needsDeviceMapper = true },
            expected: [
                HostCheck(
                    "root", .missing, "running as uid 7; mounts and loop devices need root",
                    remedy: "run it with sudo, or as root"),
                HostCheck(
                    "device-mapper", .missing, "the kernel has none; LVM needs it", remedy: "sudo modprobe dm-mod"),
            ]),
        Case(
            what: "no KVM", facts: { $0.hasKVM = false },
            expected: [
                HostCheck(
                    "KVM", .warning, "not usable; boot tests run under emulation, several times slower",
                    remedy:
                        "on hardware, switch virtualization on in the firmware; in a virtual machine, allow nested ones"
                )
            ]),
        Case(
            what: "no KVM and no boot", facts: { $0.hasKVM = false }, needs: { $0.boots = false }, expected: []),
    ]

    private static let toolCases = [
        Case(what: "the other of two tools", facts: { $0.tools = ["bash": "b", "debootstrap": "d"] }, expected: []),
        Case(
            what: "missing tools on Debian", facts: { $0.tools = [:] },
            needs: { $0.tools.append(HostNeeds.Tool("qemu-system-x86_64", to: "boot the image", weight: .useful)) },
            expected: [
                HostCheck(
                    "bash", .missing, "not found; needed to run hooks", remedy: "apt-get install -y bash",
                    packages: ["bash"]),
                HostCheck(
                    "mmdebstrap or debootstrap", .missing, "not found; needed to install Debian's base system",
                    remedy: "apt-get install -y mmdebstrap", packages: ["mmdebstrap"]),
                HostCheck(
                    "qemu-system-x86_64", .warning, "not found; needed to boot the image",
                    remedy: "apt-get install -y qemu-system-x86", packages: ["qemu-system-x86"]),
            ]),
        Case(
            what: "a missing tool on Rocky Linux",
            facts: {
                $0.tools["mmdebstrap"] = nil
                $0.distribution = HostFacts.Distribution(identifier: "rocky", ancestors: ["rhel", "centos", "fedora"])
            },
            expected: [
                HostCheck(
                    "mmdebstrap or debootstrap", .missing, "not found; needed to install Debian's base system",
                    remedy: "dnf install -y mmdebstrap", packages: ["mmdebstrap"])
            ]),
        Case(
            what: "a missing tool where we know no package manager",
            facts: {
                $0.tools["bash"] = nil
                $0.distribution = HostFacts.Distribution(identifier: "nixos")
            },
            expected: [
                HostCheck(
                    "bash", .missing, "not found; needed to run hooks",
                    remedy: "install 'bash' with the host's package manager")
            ]),
        Case(
            what: "a missing library", needs: { $0.libraries = ["libparted.so.2": "write partition tables"] },
            expected: [
                HostCheck(
                    "libparted.so.2", .missing, "not found; needed to write partition tables",
                    remedy: "apt-get install -y libparted2", packages: ["libparted2"])
            ]),
        Case(
            what: "a missing keyring on Ubuntu",
            facts: {
                $0.keyrings = []
                $0.distribution = HostFacts.Distribution(identifier: "ubuntu", ancestors: ["debian"])
            },
            expected: [
                HostCheck(
                    "debian-archive-keyring.gpg", .warning, "not found; needed to verify Debian's archive",
                    remedy: "apt-get install -y debian-archive-keyring", packages: ["debian-archive-keyring"])
            ]),
    ]

    private static let roomCases = [
        Case(
            what: "less room than usual", facts: { $0.freeSpace = ["/tmp": .gibibytes(1)] },
            expected: [
                HostCheck(
                    "room for temporary trees", .warning, "1 GiB free in /tmp; a usual build takes 4 GiB",
                    remedy: "set TMPDIR to a directory on a larger disk")
            ]),
        Case(
            what: "hardly any room",
            facts: { $0.freeSpace = ["/tmp": ByteCount(ByteCount.gibibytes(1).bytes - 1)] },
            needs: { $0.space[0].content = "images" },
            expected: [
                HostCheck(
                    "room for images", .missing, "1024 MiB free in /tmp; a usual build takes 4 GiB",
                    remedy: "free some, or give -o a path on a larger disk")
            ]),
        Case(
            what: "a disk that cannot be asked", facts: { $0.freeSpace = [:] },
            expected: [
                HostCheck("room for temporary trees", .warning, "cannot tell how much is free in '/tmp'")
            ]),
        Case(
            what: "little memory for tmpfs", facts: { $0.memoryAvailable = .gibibytes(2) },
            needs: { $0.tmpfs = .gibibytes(4) },
            expected: [
                HostCheck(
                    "memory", .warning, "2 GiB available of 16 GiB; temporary trees on tmpfs want 4 GiB",
                    remedy: "none needed: the build will use the disk; DIB_NO_TMPFS=1 says so from the start")
            ]),
    ]

    @Test func everythingIsInstalledByOneCommand() {
        let facts = HostFacts(effectiveUserID: 1000, distribution: Self.debian)
        let checks = [
            HostCheck("b", .missing, "", packages: ["qemu-utils", "mmdebstrap"]),
            HostCheck("a", .warning, "", packages: ["mmdebstrap"]), HostCheck("c", .ok, ""),
        ]
        #expect(HostCheck.installCommand(for: checks, on: facts) == "sudo apt-get install -y mmdebstrap qemu-utils")
        #expect(HostCheck.installCommand(for: checks, on: HostFacts()) == nil)
    }

    @Test func checksAndFactsSurviveJSON() throws {
        let all = checks { $0.tools = [:] }
        #expect(try JSONDecoder().decode([HostCheck].self, from: JSONEncoder().encode(all)) == all)
        #expect(try JSONDecoder().decode(HostFacts.self, from: JSONEncoder().encode(Self.facts)) == Self.facts)
        #expect(try JSONDecoder().decode(HostNeeds.self, from: JSONEncoder().encode(Self.needs)) == Self.needs)
    }
}

@Suite struct HostNeedsTests {
    private func tools(elements: [String], formats: [String], diskTools: [String] = []) -> [[String]] {
        HostNeeds(elements: elements, formats: formats, diskTools: diskTools).tools.map(\.alternatives)
    }

    private let always = [["bash"], ["find"], ["tar"], ["mount"], ["fstrim"]]

    @Test func theImageOfTheFirstIssueNeedsABootstrapToolAndMkfs() {
        #expect(
            tools(
                elements: ["base", "debian-minimal", "debootstrap", "vm"], formats: ["qcow2"], diskTools: ["mkfs.ext4"])
                == always + [["mmdebstrap", "debootstrap"], ["mkfs.ext4"]])
    }

    @Test(
        "a format needs its tool, our own formats none",
        arguments: [
            ("qcow2", []), ("raw", []), ("tar", []), ("tgz", []), ("vmdk", []), ("vhd", []), ("qed", [["qemu-img"]]),
            ("squashfs", [["mksquashfs"]]), ("erofs", [["mkfs.erofs"]]), ("oci", []),
            ("docker", [["docker", "podman"]]),
        ] as [(String, [[String]])])
    func formats(format: String, expected: [[String]]) {
        #expect(tools(elements: [], formats: [format, format]) == always + expected)
    }

    @Test(
        "a disk of a release without GRUB 2 needs the builder's, which the plan says",
        arguments: [
            (["scientific6", "vm"], [:], true), (["scientific6"], [:], false), (["debian-minimal", "vm"], [:], false),
            (["scientific6", "vm"], ["DIB_BOOTLOADER_GRUB": "image"], false),
            (["debian-minimal", "vm"], ["DIB_BOOTLOADER_GRUB": "builder"], true),
        ] as [([String], [String: String], Bool)])
    func buildersGRUB(elements: [String], environment: [String: String], isNeeded: Bool) throws {
        let variables = environment.merging(["DIB_LOCAL_IMAGE": "/srv/base.tar"]) { own, _ in own }
        var request = BuildRequest(mode: .disk, environment: .init(variables), machine: "x86_64")
        request.elements = elements
        let plan = try plan(request)
        #expect(HostNeeds(plan).toolNames.contains("grub-mkimage") == isNeeded)
        guard isNeeded else { return }
        var facts = HostCheckTests.facts
        facts.tools["grub-mkimage"] = nil
        let check = try #require(HostCheck.checks(facts, HostNeeds(plan)).first { $0.title.contains("grub-mkimage") })
        #expect(check.status == .missing)
        #expect(check.remedy == "apt-get install -y grub-common grub-pc-bin")
    }

    @Test func aDebianImageNeedsDebiansKeyring() {
        let needs = HostNeeds(elements: ["debian-minimal", "vm"], formats: [], diskTools: [])
        #expect(needs.keyrings == ["debian-archive-keyring.gpg": "verify Debian's archive"])
        #expect(needs.toolNames == ["bash", "debootstrap", "find", "fstrim", "mmdebstrap", "mount", "tar"])
    }
}

@Suite struct HostFilesTests {
    @Test func osReleaseNamesTheDistribution() {
        let text = """
            # a comment with ID=wrong
            PRETTY_NAME="Ubuntu 24.04.1 LTS"
            ID=ubuntu
            ID_LIKE='debian other'
            VERSION_CODENAME=noble
            BROKEN
            """
        #expect(
            HostFiles.distribution(osRelease: text)
                == HostFacts.Distribution(
                    identifier: "ubuntu", ancestors: ["debian", "other"], codename: "noble", name: "Ubuntu 24.04.1 LTS")
        )
        #expect(HostFiles.distribution(osRelease: "") == HostFacts.Distribution())
    }

    @Test func familiesAreFoundByAncestry() {
        let rocky = HostFacts.Distribution(identifier: "rocky", ancestors: ["rhel", "fedora"])
        #expect(rocky.isLike("rocky") && rocky.isLike("fedora") && !rocky.isLike("debian"))
    }

    @Test(
        "a processor runs guests if its flags say so",
        arguments: [
            ("processor\t: 0\nflags\t\t: fpu vmx sse\n", true), ("flags\t\t: fpu svm\n", true),
            ("flags\t\t: fpu svme sse\nflags\t: vmx", false), ("Features\t: fp asimd\n", true),
        ])
    func virtualization(cpuinfo: String, expected: Bool) {
        #expect(HostFiles.runsGuests(cpuinfo: cpuinfo) == expected)
    }

    @Test func theKernelsListsAreParsed() {
        #expect(HostFiles.filesystems("nodev\tsysfs\n\text4\n\txfs\n") == ["sysfs", "ext4", "xfs"])
        #expect(HostFiles.hasDriver("device-mapper", misc: "236 device-mapper\n237 loop-control\n"))
        #expect(!HostFiles.hasDriver("mapper", misc: "236 device-mapper\n"))
        #expect(!HostFiles.hasDriver("device-mapper", misc: ""))
    }
}
