package import Basics
package import BlockDevices
package import Provenance

/// Everything the user asked for, with nothing looked up; made from a command line and an environment.
package struct BuildRequest: Hashable, Sendable, Codable {
    /// Which front end asked: it decides defaults, never the engine.
    package enum Mode: String, Hashable, Sendable, Codable {
        /// `disk-image-create`: upstream's contract.
        case disk
        /// `ramdisk-image-create`: upstream's contract, no final image.
        case ramdisk
        /// `ingot build`: the same engine with our own defaults.
        case native
    }

    package var mode: Mode
    /// The arguments as given, joined by single spaces: `DIB_ARGS`.
    package var argumentText: String
    /// The arguments themselves, for a build that is resumed.
    package var arguments: [String] = []
    package var imageName: String
    package var architecture: Architecture
    package var formats: [OutputFormat]
    /// Words of `$IMAGE_ELEMENT`, which come before those of the command line.
    package var environmentElements: [String]
    package var elements: [String]
    package var elementsPath: [String]
    package var skipBase: Bool
    package var packages: [String]
    package var traceLevel: Int
    package var compresses: Bool
    package var clearsEnvironment: Bool
    package var checksum: ChecksumPolicy
    /// Bills of materials to write beside the image.
    package var bills: [BillFormat]
    /// Whether what hooks fetch is noted in a lock, or taken from one.
    package var fetching: FetchPolicy
    /// Whether to write beside the image what it was made of.
    package var writesProvenance: Bool
    /// GiB as written, fractions allowed.
    package var imageSize: String?
    /// MiB as written.
    package var imageExtraSize: String?
    /// Nothing leaves it to the front end.
    package var sizing: SizingMode?
    /// `--free`: room in the root filesystem beside the tree.
    package var freeSpace: FreeSpace?
    /// `--backend`; nothing leaves it to the front end.
    package var backend: BackendChoice.Wish?
    package var imageCache: String
    package var maxOnlineResize: String?
    /// MiB; upstream's default is 64.
    package var journalSize: String?
    package var mkfsOptions: String
    /// GiB; what is no number in the environment is refused by the planner.
    package var minTmpfs: Int
    package var usesTmpfs: Bool
    package var isOffline: Bool
    package var qemuImgOptions: String?
    package var rootLabel: String?
    package var filesystemType: String
    package var ramdiskElement: String
    package var installType: String
    /// Name of the image in the Docker daemon: `REPOSITORY:TAG`.
    package var dockerTarget: String?
    package var logfile: String?
    /// Turns fsync-type calls of hooks into no-ops, with one sync at the end.
    package var fastSync: Bool
    package var overwritesOldImages: Bool
    /// Reuse of layers of earlier builds.
    package var cache: CachePolicy
    /// The caller's environment, with the variables of the options over it.
    package var environment: Environment

    package init(mode: Mode, environment: Environment, machine: String) {
        self.mode = mode
        argumentText = ""
        imageName = environment.nonEmpty("IMAGE_NAME") ?? "image"
        architecture = environment.nonEmpty("ARCH").map { Architecture($0) } ?? Architecture(machine: machine)
        formats = [.qcow2]
        environmentElements = (environment["IMAGE_ELEMENT"] ?? "").split(whereSeparator: \.isWhitespace).map(
            String.init)
        elements = []
        elementsPath = []
        skipBase = environment["SKIP_BASE"] == "1"
        packages = []
        traceLevel = environment["DIB_DEBUG_TRACE"].flatMap { Int($0) } ?? 0
        compresses = true
        clearsEnvironment = environment["CLEAR_ENV"] == "1"
        checksum = ChecksumPolicy(environmentValue: environment["DIB_CHECKSUM"] ?? "")
        bills = BillFormat.list(environment["INGOT_SBOM"] ?? "") ?? []
        fetching = FetchPolicy(environment: environment)
        writesProvenance = (environment["INGOT_PROVENANCE"] ?? "0") != "0"
        imageSize = environment.nonEmpty("DIB_IMAGE_SIZE")
        imageExtraSize = environment.nonEmpty("DIB_IMAGE_EXTRA_SIZE")
        sizing = environment.nonEmpty("INGOT_SIZING").flatMap { SizingMode(rawValue: $0) }
        freeSpace = environment.nonEmpty("INGOT_FREE_SPACE").flatMap { FreeSpace(parsing: $0) }
        backend = environment.nonEmpty("INGOT_BACKEND").flatMap { BackendChoice.Wish(rawValue: $0) }
        let home = environment["HOME"] ?? "/root"
        imageCache = environment.nonEmpty("DIB_IMAGE_CACHE") ?? home + "/.cache/image-create"
        maxOnlineResize = environment.nonEmpty("MAX_ONLINE_RESIZE")
        journalSize = environment.nonEmpty("DIB_JOURNAL_SIZE")
        mkfsOptions = ""
        minTmpfs = environment["DIB_MIN_TMPFS"].flatMap { UInt32($0) }.map { Int($0) } ?? 2
        usesTmpfs = (environment["DIB_NO_TMPFS"] ?? "0") == "0"
        isOffline = environment.nonEmpty("DIB_OFFLINE") != nil
        qemuImgOptions = environment.nonEmpty("QEMU_IMG_OPTIONS")
        rootLabel = environment.nonEmpty("ROOT_LABEL")
        filesystemType = environment.nonEmpty("FS_TYPE") ?? "ext4"
        ramdiskElement = environment.nonEmpty("RAMDISK_ELEMENT") ?? "ramdisk"
        installType = environment.nonEmpty("DIB_DEFAULT_INSTALLTYPE") ?? "source"
        dockerTarget = nil
        logfile = nil
        fastSync = true
        overwritesOldImages = (environment["OVERWRITE_OLD_IMAGE"] ?? "0") != "0"
        cache = CachePolicy(environment: environment, isOnByDefault: mode == .native)
        self.environment = environment
    }
}
