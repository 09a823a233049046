import Basics
package import BlockDevices
import Elements
import SystemPackage

extension HostNeeds {
    /// The needs of a plan; `boots` adds those of a boot test.
    package init(_ plan: BuildPlan, boots: Bool = false) {
        let request = plan.request
        self.init(
            elements: plan.selection.names.map(\.text), formats: request.formats.map(\.name),
            diskTools: plan.graph.requiredTools)
        addDisk(plan.graph)
        if request.environment.nonEmpty("DIB_LOCAL_IMAGE") == nil {
            for name in plan.selection.names { baseFilesystems.merge(Self.published[name.text] ?? [:]) { $1 } }
        }
        architecture = request.architecture
        if Self.bootsByBuildersGRUB(plan) {
            tools.append(
                Tool("grub-mkimage", "grub2-mkimage", to: "boot a release without GRUB 2 (DIB_BOOTLOADER_GRUB=builder)")
            )
        }
        if request.formats.contains(.tgz), let gzip = (try? TreeOptions(request))?.gzip?.first {
            tools.append(Tool(gzip, to: "write tgz images (DIB_GZIP_BIN)"))
        }
        let parent = plan.workspacePolicy.parentDirectory
        if plan.workspacePolicy.usesTmpfs {
            tmpfs = .gibibytes(UInt64(request.minTmpfs) * 2)
        } else {
            space.append(Space(directory: parent, bytes: Self.usualTrees, content: "temporary trees"))
        }
        let output = FilePath(plan.imageName).removingLastComponent().string
        space.append(Space(directory: output.isEmpty ? "." : output, bytes: Self.usualImages, content: "images"))
        space.append(Space(directory: request.imageCache, bytes: Self.usualDownloads, content: "downloads"))
        guard boots else { return }
        self.boots = true
        let architecture = request.architecture.name
        let emulator = Self.emulators[architecture] ?? "qemu-system-\(architecture)"
        tools.append(Tool(emulator, to: "boot the image", weight: .useful))
    }

    /// The needs of a disk alone, as `dib-block-device` makes it.
    package init(disk graph: BlockDeviceGraph) {
        self.init(
            tools: graph.requiredTools.map { Tool($0, to: "make filesystems and volumes") }
                + [Tool("fstrim", to: "give free blocks of the image back")])
        addDisk(graph)
    }

    /// What a disk asks of the kernel, and of whoever stands in for it.
    private mutating func addDisk(_ graph: BlockDeviceGraph) {
        needsLoopDevices = graph.parameters.backend == .loop
        if !graph.partitionings.isEmpty { libraries["libparted.so.2"] = "write partition tables" }
        guard needsLoopDevices else { return }
        // A swap area has a mount node too, but nothing is mounted.
        let mounted = graph.mounts.compactMap(graph.filesystem).filter { $0.type.family != .swap }
        let offline = mounted.filter { graph.filling(of: $0) == .filledInFile }
        filesystems = Set(mounted.filter { !offline.contains($0) }.map(\.type.mountName)).sorted()
        offlineFilesystems = Set(offline.map(\.type.mountName)).sorted()
        needsDeviceMapper = graph.requiresDeviceMapper
    }

    /// The needs of resolved elements, output formats and the programs of a disk layout.
    package init(elements: [String], formats: [String], diskTools: [String]) {
        self.init(tools: Self.always)
        tools += elements.flatMap { Self.elementTools[$0] ?? [] }
        tools += formats.flatMap(Self.formatTools)
        tools += diskTools.map { Tool($0, to: "make filesystems and volumes") }
        tools = Self.unique(tools)
        if formats.contains(where: { TreeFormat(rawValue: $0)?.isArchive == true }) {
            libraries["libarchive.so.13"] = "write archives"
        }
        for element in elements { keyrings.merge(Self.elementKeyrings[element] ?? [:]) { old, _ in old } }
    }

    // A Debian image of the usual kind: a tree of some 600 MiB, its copy in a filesystem, what package managers leave
    // on the way. The true size is known only when the tree has been measured.
    private static let usualTrees = ByteCount.gibibytes(4)
    private static let usualImages = ByteCount.gibibytes(1)
    private static let usualDownloads = ByteCount.mebibytes(512)

    /// What the engine and nearly every hook call (compat-core section 16, as far as it is not our own code).
    private static let always = [
        Tool("bash", to: "run hooks"), Tool("find", to: "run hooks"), Tool("tar", to: "unpack archives"),
        Tool("mount", to: "run hooks"), Tool("fstrim", to: "give free blocks of the image back"),
    ]

    private static let bootstrap = Tool("mmdebstrap", "debootstrap", to: "install Debian's base system")

    private static let elementTools: [String: [Tool]] = [
        "debootstrap": [bootstrap], "debian-minimal": [bootstrap], "ubuntu-minimal": [bootstrap],
        "cache-url": [Tool("curl", to: "download files")],
        "source-repositories": [Tool("git", to: "fetch sources")],
        "yum-minimal": [Tool("dnf", "yum", to: "install an RPM base system")],
    ]

    /// What distributions put the root of their cloud images on, where that is not ext4.
    private static let published: [String: [String: Weight]] = [
        "centos": ["xfs": .useful], "centos7": ["xfs": .useful], "rhel": ["xfs": .useful],
        "fedora": ["btrfs": .useful],
    ]

    /// Releases of GRUB 0.97, whose elements set `DIB_BOOTLOADER_GRUB=builder` unless the user says otherwise.
    private static let withoutGRUB2: Set = ["centos6", "scientific6"]

    private static func bootsByBuildersGRUB(_ plan: BuildPlan) -> Bool {
        let names = Set(plan.selection.names.map(\.text))
        guard names.contains("bootloader"), !plan.graph.partitionings.isEmpty else { return false }
        let stated = plan.request.environment.nonEmpty("DIB_BOOTLOADER_GRUB")
        return (stated ?? (names.isDisjoint(with: withoutGRUB2) ? "image" : "builder")) == "builder"
    }

    private static let elementKeyrings: [String: [String: String]] = [
        "debian-minimal": ["debian-archive-keyring.gpg": "verify Debian's archive"],
        "ubuntu-minimal": ["ubuntu-archive-keyring.gpg": "verify Ubuntu's archive"],
    ]

    private static let emulators = ["amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"]

    private static func formatTools(_ format: String) -> [Tool] {
        switch format {
        case "qcow2", "raw", "vhd", "vpc", "vmdk", "vdi", "vhdx": []
        case "squashfs": [Tool("mksquashfs", to: "write squashfs images")]
        case "erofs": [Tool("mkfs.erofs", to: "write erofs images")]
        case "docker": [containerEngines]
        case let name where TreeFormat(rawValue: name) != nil: []
        default: [Tool("qemu-img", to: "write \(format) images")]
        }
    }

    private static func unique(_ tools: [Tool]) -> [Tool] {
        var seen: Set<[String]> = []
        return tools.filter { seen.insert($0.alternatives).inserted }
    }
}
