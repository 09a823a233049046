import Basics
import BlockDevices
import ImagePlanning
import Provenance

/// The options of `disk-image-create` and `ramdisk-image-create` (compat-core section 1.2), and what each sets.
enum DiskImageOptions {
    /// Upstream's, in getopt's own notation: a colon marks an option with an argument.
    private static let short = "a:ho:t:xucnp:"
    private static let long = [
        "checksum", "no-tmpfs", "offline", "version", "min-tmpfs:", "image-size:", "image-cache:",
        "max-online-resize:", "mkfs-options:", "qemu-img-options:", "ramdisk-element:", "root-label:",
        "install-type:", "docker-target:", "logfile:",
    ]
    /// The first two are advertised by upstream's help but rejected by its parser; the rest is ours.
    private static let additions = [
        "image-extra-size:", "mkfs-journal-size:", "sizing:", "free:", "dry-run", "check-mirror", "json", "plain",
        "no-fast-sync", "backend:", "no-cache", "cache", "refresh", "cache-dir:", "cache-ttl:", "new-image", "explain",
        "sbom:", "provenance", "lock:", "locked:",
    ]

    static let definitions: [OptionDefinition] =
        OptionDefinition.short(short, longNames: ["h": "help"])
        + long.map { OptionDefinition(long: $0) }
        + additions.map { OptionDefinition(long: $0, isAddition: true) }

    /// What a command line asks for, besides a build.
    enum Outcome: Equatable {
        case help
        case version
        case build(BuildRequest, BuildPresentation)
    }

    /// Interprets a parsed command line; `--help` and `--version` act where they stand, as upstream.
    static func interpret(
        _ arguments: [String], program: String, mode: BuildRequest.Mode, environment: Environment, machine: String
    ) throws -> Outcome {
        var parser = OptionParser(program: program, definitions: definitions)
        parser.permutes = environment["POSIXLY_CORRECT"] == nil
        let parsed = try parser.parse(arguments)
        var request = BuildRequest(mode: mode, environment: environment, machine: machine)
        request.arguments = arguments
        request.argumentText = arguments.joined(separator: " ")
        var hasCacheOption = false
        var presentation = BuildPresentation()
        for option in parsed.options {
            if option.name == "help" { return .help }
            if option.name == "version" { return .version }
            hasCacheOption = hasCacheOption || option.name == "cache"
            try apply(option.name, option.value ?? "", to: &request, &presentation)
        }
        if !request.fetching.isFree {
            request.argumentText = FetchPolicy.withoutOptions(arguments).joined(separator: " ")
            // A layer that is reused fetches nothing, so nothing of it would be noted.
            request.cache.isOn = request.cache.isOn && hasCacheOption
            request.cache.refreshes = true
        }
        request.elements += parsed.operands
        if let text = environment.nonEmpty("INGOT_SBOM") { _ = try bills(text) }
        return .build(request, presentation)
    }

    private static func apply(
        _ name: String, _ value: String, to request: inout BuildRequest, _ presentation: inout BuildPresentation
    ) throws {
        switch name {
        case "dry-run": presentation.isDryRun = true
        case "json": presentation.style = .json
        case "plain": presentation.style = .log
        case "t": request.formats = try formats(value)
        case "p": request.packages += value.split(separator: ",").map(String.init)
        case "x": request.traceLevel += 1
        case "min-tmpfs":
            request.minTmpfs = try integer(value, option: "--min-tmpfs")
            request.environment["DIB_MIN_TMPFS"] = value
        case "sizing": request.sizing = try sizing(value)
        case "free": request.freeSpace = try freeSpace(value)
        case "backend": request.backend = try backend(value)
        case "cache-ttl": request.cache.timeToLive = try seconds(value)
        case "lock", "locked": try lock(value, isWritten: name == "lock", &request)
        case "sbom": request.bills = try bills(value)
        case "explain":
            presentation.explains = true
            presentation.isDryRun = true
        case "check-mirror": presentation.checksMirror = true
        default: applyPlain(name, value, to: &request)
        }
    }

    /// Options that only set one field.
    private static func applyPlain(_ name: String, _ value: String, to request: inout BuildRequest) {
        switch name {
        case "a": request.architecture = Architecture(value)
        case "o": request.imageName = value
        case "u": request.compresses = false
        case "c": request.clearsEnvironment = true
        case "n": request.skipBase = true
        case "checksum":
            request.checksum = ChecksumPolicy(md5: true, sha256: true)
            request.environment["DIB_CHECKSUM"] = "1"
        case "no-tmpfs": request.usesTmpfs = false
        case "offline": request.isOffline = true
        case "image-size": request.imageSize = value
        case "image-extra-size": request.imageExtraSize = value
        case "image-cache": request.imageCache = value
        case "max-online-resize": request.maxOnlineResize = value
        case "mkfs-journal-size": request.journalSize = value
        case "mkfs-options": request.mkfsOptions = value
        case "qemu-img-options": request.qemuImgOptions = value
        case "ramdisk-element": request.ramdiskElement = value
        case "root-label": request.rootLabel = value
        case "install-type": request.installType = value
        case "docker-target": request.dockerTarget = value
        case "logfile": request.logfile = value
        case "provenance": request.writesProvenance = true
        case "no-fast-sync": request.fastSync = false
        case "cache": request.cache.isOn = true
        case "no-cache": request.cache.isOn = false
        case "refresh": request.cache.refreshes = true
        case "new-image": request.cache.reusesImages = false
        case "cache-dir": request.cache.directory = value
        default: preconditionFailure("option '\(name)' is defined but not handled")
        }
    }

    private static func lock(_ path: String, isWritten: Bool, _ request: inout BuildRequest) throws {
        guard request.fetching.isFree else { throw PlanError("one of --lock and --locked is enough, once") }
        guard !path.isEmpty else { throw PlanError("--\(isWritten ? "lock" : "locked") needs the name of a file") }
        request.fetching.kind = isWritten ? .writes(path) : .locked(path)
    }

    private static func bills(_ text: String) throws -> [BillFormat] {
        guard let formats = BillFormat.list(text), !formats.isEmpty else {
            throw PlanError("--sbom needs 'spdx', 'cyclonedx' or both, not '\(text)'", hint: "--sbom spdx,cyclonedx")
        }
        return formats
    }

    private static func sizing(_ text: String) throws -> SizingMode {
        guard let mode = SizingMode(rawValue: text) else {
            throw PlanError("--sizing needs 'exact' or 'compatible', not '\(text)'")
        }
        return mode
    }

    private static func backend(_ text: String) throws -> BackendChoice.Wish {
        guard let wish = BackendChoice.Wish(rawValue: text) else {
            throw PlanError("--backend needs 'auto', 'file' or 'loop', not '\(text)'")
        }
        return wish
    }

    private static func freeSpace(_ text: String) throws -> FreeSpace {
        guard let space = FreeSpace(parsing: text) else {
            throw PlanError(
                "--free needs a size or a percentage up to 90, not '\(text)'", hint: "--free 500MiB, or --free 20%")
        }
        return space
    }

    static func formats(_ text: String) throws -> [OutputFormat] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let format = OutputFormat(String(word)) else {
                throw PlanError(
                    "unknown output format '\(word)' in '-t \(text)'",
                    hint: "choose from \(OutputFormat.names.joined(separator: ", "))")
            }
            return format
        }
    }

    private static func seconds(_ text: String) throws -> UInt64 {
        guard let seconds = CachePolicy.seconds(text) else {
            throw PlanError("--cache-ttl needs a time, not '\(text)'", hint: "for example 90, 15m, 12h or 7d")
        }
        return seconds
    }

    private static func integer(_ text: String, option: String) throws -> Int {
        guard let value = UInt16(text) else {
            throw PlanError("\(option) needs a whole number, not '\(text)'")
        }
        return Int(value)
    }
}
