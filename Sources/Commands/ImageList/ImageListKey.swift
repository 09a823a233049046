import ImagePlanning

/// A key that an entry of an image list may have: the type of its value, and what of the command line it becomes
/// (compat-core section 10).
struct ImageListKey: Sendable {
    enum Kind: Equatable, Sendable {
        case text
        case word(among: [String])
        case number(ClosedRange<Int>)
        case truth
        case list
        /// Words of `-t`.
        case formats
        case pairs
    }

    enum Use: Equatable, Sendable {
        /// The option, with the value after it; a list is joined by commas, a truth gives the option or nothing.
        case option(String)
        /// The option as often as the number says.
        case repeated(String)
        /// Which of the two programs runs.
        case program
        /// Variables of the program.
        case environment
        /// Words after all options.
        case operands
    }

    let name: String
    let kind: Kind
    let use: Use
    let help: String

    private init(_ name: String, _ kind: Kind, _ use: Use, _ help: String) {
        self.name = name
        self.kind = kind
        self.use = use
        self.help = help
    }

    private static let architectures = [
        "aarch64", "amd64", "arm64", "armhf", "powerpc", "ppc64", "ppc64el", "ppc64le", "s390x", "x86_64",
    ]

    private static let positive = 1...Int.max

    /// In the order in which a command line is made of them, which is upstream's.
    static let all: [ImageListKey] = [
        .init("imagename", .text, .option("-o"), "Name of the output files, and what entries are merged by."),
        .init("arch", .word(among: architectures), .option("-a"), "Architecture of the image."),
        .init("types", .formats, .option("-t"), "Formats of the output."),
        .init("environment", .pairs, .environment, "Environment variables of the build."),
        .init("ramdisk", .truth, .program, "Build a ramdisk instead of a disk."),
        .init("debug-trace", .number(0...2), .repeated("-x"), "How much is traced."),
        .init("uncompressed", .truth, .option("-u"), "Do not compress the image."),
        .init("clear", .truth, .option("-c"), "Clear the environment before building."),
        .init("logfile", .text, .option("--logfile"), "File that takes the log."),
        .init("checksum", .truth, .option("--checksum"), "Write checksum files."),
        .init("image-size", .number(positive), .option("--image-size"), "Size of the disk in GiB."),
        .init(
            "image-extra-size", .number(positive), .option("--image-extra-size"),
            "Free space in MiB instead of the measured one."),
        .init("image-cache", .text, .option("--image-cache"), "Directory of downloads."),
        .init(
            "max-online-resize", .number(positive), .option("--max-online-resize"),
            "Blocks up to which the root file system may grow while mounted."),
        .init(
            "min-tmpfs", .number(positive), .option("--min-tmpfs"),
            "GiB of memory from which a tmpfs is used for building."),
        .init(
            "mkfs-journal-size", .number(positive), .option("--mkfs-journal-size"),
            "Size of the root file system's journal in MiB."),
        .init("mkfs-options", .text, .option("--mkfs-options"), "Options of mkfs for the root file system."),
        .init("no-tmpfs", .truth, .option("--no-tmpfs"), "Build on disk."),
        .init("offline", .truth, .option("--offline"), "Do not use the network."),
        .init("qemu-img-options", .pairs, .option("--qemu-img-options"), "Options of the image's format."),
        .init("root-label", .text, .option("--root-label"), "Label of the root file system."),
        .init("ramdisk-element", .text, .option("--ramdisk-element"), "Main element of a ramdisk."),
        .init(
            "install-type", .word(among: ["source", "package"]), .option("--install-type"),
            "How elements install software by default."),
        .init("docker-target", .text, .option("--docker-target"), "Name and tag for a docker image."),
        .init("packages", .list, .option("-p"), "Packages to install."),
        .init("skip-base", .truth, .option("-n"), "Leave out the 'base' element."),
        .init("elements", .list, .operands, "Elements that the image is made of."),
    ]

    static func named(_ name: String) -> ImageListKey? { all.first { $0.name == name } }

    /// The type of the value, for people.
    var typeNote: String {
        switch kind {
        case .text: "text"
        case .word(let words): "one of \(words.joined(separator: ", "))"
        case .number(let range) where range.upperBound == .max: "a number, \(range.lowerBound) or more"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .truth: "yes or no"
        case .list: "a list of texts"
        case .formats: "a list of formats: qcow2, raw, tar, and all others that -t takes"
        case .pairs: "a mapping of names to texts"
        }
    }
}
