import Basics

/// `ingot build -f FILE`: the options of a build of several images; all others hold for each of them.
struct ImageSetOptions: Equatable {
    var files: [String] = []
    /// How many images are built at once; nothing leaves it to the host.
    var jobs: Int?
    /// Names of the images to be built; empty for all.
    var only: [String] = []
    var stopsOnFailure = false
    var isDryRun = false
    var style = BuildDisplay.Style.automatic
    /// Options and elements of every image, as command-line words.
    var common: [String] = []

    private static let own = [
        OptionDefinition(short: "f", long: "file", takesArgument: true),
        OptionDefinition(short: "j", long: "jobs", takesArgument: true),
        OptionDefinition(long: "only:", isAddition: true), OptionDefinition(long: "stop-on-failure", isAddition: true),
    ]

    /// For the help of `ingot build`.
    static let help: [(String, String)] = [
        ("-f, --file FILE", "build every image that FILE lists, as diskimage-builder's lists; may be repeated"),
        ("-j, --jobs N", "with -f, build N images at once (default: one for each processor, if memory allows)"),
        ("--only LIST", "with -f, build the images of these names, comma separated"),
        ("--stop-on-failure", "with -f, begin no further image after one has failed"),
    ]

    /// Nothing for a command line that names no file: it is that of one image.
    static func parse(_ arguments: [String], program: String) throws -> ImageSetOptions? {
        // Words alone can look like `-f`: only the parser knows which of them are arguments of options.
        guard arguments.contains(where: { $0.hasPrefix("-f") || $0.hasPrefix("--fi") }) else { return nil }
        let parser = OptionParser(program: program, definitions: DiskImageOptions.definitions + own)
        let parsed = try parser.parse(arguments)
        var options = ImageSetOptions()
        for option in parsed.options { try options.apply(option) }
        options.common += parsed.operands
        return options.files.isEmpty ? nil : options
    }

    private mutating func apply(_ option: OptionParser.Occurrence) throws {
        let value = option.value ?? ""
        switch option.name {
        case "file": files.append(value)
        case "jobs":
            guard let number = Int(value), (1...64).contains(number) else {
                throw OptionParserError(messages: ["ingot build: --jobs needs a number from 1 to 64, not '\(value)'"])
            }
            jobs = number
        case "only": only += value.split(separator: ",").map(String.init)
        case "stop-on-failure": stopsOnFailure = true
        case "dry-run": isDryRun = true
        case "json": style = .json
        case "plain": style = .log
        case "o":
            throw OptionParserError(messages: ["ingot build: -o names one image; with -f, each has its 'imagename'"])
        default:
            let name = option.name.count == 1 ? "-\(option.name)" : "--\(option.name)"
            if name.hasPrefix("--") {
                common.append(option.value.map { "\(name)=\($0)" } ?? name)
            } else {
                common += [name] + (option.value.map { [$0] } ?? [])
            }
        }
    }
}
