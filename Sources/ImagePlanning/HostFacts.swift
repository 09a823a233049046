package import Basics

/// What the build host can do: a plain value that `HostProbe` gathers and that a plan or `ingot doctor` judges.
///
/// Abilities are the result of trying, not of guessing from a uid: root in a container often has none of them.
package struct HostFacts: Hashable, Sendable, Codable {
    /// `/etc/os-release`, as far as it decides names of packages and mirrors.
    package struct Distribution: Hashable, Sendable, Codable {
        /// `debian`, `ubuntu`, `fedora`…; `linux` where the file says nothing (os-release(5)).
        package var identifier: String
        /// Distributions this one descends from.
        package var ancestors: [String]
        /// `bookworm`; empty where there is none.
        package var codename: String
        /// For people: `Debian GNU/Linux 12 (bookworm)`.
        package var name: String

        package init(identifier: String = "linux", ancestors: [String] = [], codename: String = "", name: String = "") {
            self.identifier = identifier
            self.ancestors = ancestors
            self.codename = codename
            self.name = name
        }

        package func isLike(_ family: String) -> Bool { identifier == family || ancestors.contains(family) }
    }

    package var effectiveUserID: UInt32
    package var kernelRelease: String
    package var machine: String
    package var distribution: Distribution
    /// Names the kernel can mount, now or by loading a module that is installed.
    package var filesystems: [String]
    /// `/dev/loop-control` could be opened for writing.
    package var hasLoopControl: Bool
    /// A child could create a mount and a PID namespace.
    package var hasNamespaces: Bool
    /// What a build without root's rights stands on; nil for one that has them, or if nobody asked.
    package var userNamespace: UserNamespace?
    /// Every namespace is refused, and hooks run by chroot alone; nil where they do not.
    package var hasChrootOnly: Bool?
    /// The kernel has a device-mapper, which LVM needs.
    package var hasDeviceMapper: Bool
    /// `/dev/kvm` made a virtual machine; without it QEMU emulates, which takes several times as long.
    package var hasKVM: Bool
    /// Name → path of the programs asked for that are on the path.
    package var tools: [String: String]
    /// Shared libraries asked for that the loader can find; looked up by file, since loading some of them has effects.
    package var libraries: [String]
    package var memoryTotal: ByteCount
    package var memoryAvailable: ByteCount
    /// Directory → bytes that this user may still write there; of a missing directory, those of its nearest parent.
    package var freeSpace: [String: ByteCount]
    /// The program that can import container images now; nil if there is none, or nobody asked.
    package var containerEngine: String?
    /// The kernel runs programs of the image's architecture; nil if that is the host's own, or nobody asked.
    package var runsForeignPrograms: Bool?
    /// Where it does not: the emulator that the build will register in its own namespace; nil if it cannot.
    package var ownInterpreter: String?
    /// File names in the host's directories of archive keyrings.
    package var keyrings: [String]
    /// apt is set up: elements for the host's own distribution can use its mirrors.
    package var hasAptSources: Bool

    package init(
        effectiveUserID: UInt32 = 0, kernelRelease: String = "", machine: String = "",
        distribution: Distribution = Distribution(), filesystems: some Sequence<String> = [],
        hasLoopControl: Bool = false,
        hasNamespaces: Bool = false, userNamespace: UserNamespace? = nil, hasChrootOnly: Bool? = nil,
        hasDeviceMapper: Bool = false,
        hasKVM: Bool = false, tools: [String: String] = [:],
        libraries: some Sequence<String> = [],
        memoryTotal: ByteCount = .zero, memoryAvailable: ByteCount = .zero, freeSpace: [String: ByteCount] = [:],
        containerEngine: String? = nil, runsForeignPrograms: Bool? = nil, ownInterpreter: String? = nil,
        keyrings: some Sequence<String> = [],
        hasAptSources: Bool = false
    ) {
        self.effectiveUserID = effectiveUserID
        self.kernelRelease = kernelRelease
        self.machine = machine
        self.distribution = distribution
        self.filesystems = filesystems.sorted()
        self.hasLoopControl = hasLoopControl
        self.hasNamespaces = hasNamespaces
        self.userNamespace = userNamespace
        self.hasChrootOnly = hasChrootOnly
        self.hasDeviceMapper = hasDeviceMapper
        self.hasKVM = hasKVM
        self.tools = tools
        self.libraries = libraries.sorted()
        self.memoryTotal = memoryTotal
        self.memoryAvailable = memoryAvailable
        self.freeSpace = freeSpace
        self.containerEngine = containerEngine
        self.runsForeignPrograms = runsForeignPrograms
        self.ownInterpreter = ownInterpreter
        self.keyrings = keyrings.sorted()
        self.hasAptSources = hasAptSources
    }

    /// In Debian's spelling, as elements see it.
    package var architecture: Architecture { Architecture(machine: machine) }
}
