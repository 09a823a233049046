package import Basics

/// What a build asks of its host, drawn from the plan's elements, formats and layout.
package struct HostNeeds: Hashable, Sendable, Codable {
    /// How bad it is if a need is not met.
    package enum Weight: String, Hashable, Sendable, Codable {
        /// The build cannot succeed.
        case essential
        /// The build works, but slower, or a step after it does not.
        case useful
    }

    /// A program, or one of several that do the same.
    package struct Tool: Hashable, Sendable, Codable {
        package var alternatives: [String]
        /// Completes the sentence "needed to …".
        package var purpose: String
        package var weight: Weight

        package init(_ alternatives: String..., to purpose: String, weight: Weight = .essential) {
            self.alternatives = alternatives
            self.purpose = purpose
            self.weight = weight
        }
    }

    /// Room in a directory.
    package struct Space: Hashable, Sendable, Codable {
        package var directory: String
        package var bytes: ByteCount
        /// What is written there: `temporary trees`.
        package var content: String

        package init(directory: String, bytes: ByteCount, content: String) {
            self.directory = directory
            self.bytes = bytes
            self.content = content
        }
    }

    package var tools: [Tool]
    /// Shared libraries that the program loads when it needs them → why.
    package var libraries: [String: String]
    /// Filesystems that are mounted to be filled.
    package var filesystems: [String]
    /// Filesystems that this kernel cannot mount and that are filled in the image file.
    package var offlineFilesystems: [String] = []
    /// Filesystems that the system to start from lies on, which are mounted to be read.
    package var baseFilesystems: [String: Weight] = [:]
    package var needsDeviceMapper: Bool
    /// Parts of image files are shown as block devices.
    package var needsLoopDevices = true
    package var space: [Space]
    /// Memory that the temporary trees take if they are on tmpfs; nil if they are on disk.
    package var tmpfs: ByteCount?
    /// Keyring file → why.
    package var keyrings: [String: String]
    /// Of the image, whose programs hooks run; nil if none are run.
    package var architecture: Architecture?
    /// The image is to be booted afterwards.
    package var boots: Bool

    package init(
        tools: [Tool], libraries: [String: String] = [:], filesystems: [String] = [], needsDeviceMapper: Bool = false,
        space: [Space] = [],
        tmpfs: ByteCount? = nil, keyrings: [String: String] = [:], boots: Bool = false
    ) {
        self.tools = tools
        self.libraries = libraries
        self.filesystems = filesystems
        self.needsDeviceMapper = needsDeviceMapper
        self.space = space
        self.tmpfs = tmpfs
        self.keyrings = keyrings
        self.boots = boots
    }

    /// An image is imported into a container engine.
    package var importsContainers: Bool { tools.contains(Self.containerEngines) }

    static let containerEngines = Tool("docker", "podman", to: "import docker images")

    /// Names of all programs a probe has to look for.
    package var toolNames: [String] {
        Array(Set(tools.flatMap(\.alternatives) + (emulators ?? []))).sorted()
    }

    /// Programs of qemu-user that run programs of the image's architecture, under the names that they are installed by.
    package var emulators: [String]? {
        guard let architecture else { return nil }
        let machines = ["amd64": "x86_64", "arm64": "aarch64", "armhf": "arm", "armel": "arm", "ppc64el": "ppc64le"]
        let machine = machines[architecture.name] ?? architecture.name
        return ["qemu-\(machine)-static", "qemu-\(machine)"]
    }
}
