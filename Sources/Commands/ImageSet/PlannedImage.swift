import Basics
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// One image of several: how it is built, and that it can be.
struct PlannedImage {
    let name: String
    /// The name that the program is called by, and its words.
    let program: String
    let arguments: [String]
    let environment: Environment
    /// Names of its files, as the user will see them.
    let outputs: [String]
    let minTmpfs: Int

    /// Plans the image on this host; fails with what a build of it alone would fail with.
    init(_ entry: ImageListEntry, common: [String], environment caller: Environment) throws {
        let line = entry.commandLine
        let isRamdisk = line[0] == "ramdisk-image-create"
        name = entry.name ?? "image"
        // Layers are how images share what they have in common; `--no-cache` of the caller comes later and wins.
        arguments = (isRamdisk ? ["--cache"] : []) + common + line.dropFirst()
        var variables = caller
        for pair in entry.environment { variables[pair.name] = pair.value }
        environment = variables
        program = isRamdisk ? "ramdisk-image-create" : "ingot"
        let outcome = try DiskImageOptions.interpret(
            arguments, program: isRamdisk ? program : "ingot build", mode: isRamdisk ? .ramdisk : .native,
            environment: environment, machine: HostProbe.machine)
        guard case .build(let request, _) = outcome else {
            throw PlanError("--help and --version are no options of an image")
        }
        let preparation = try BuildPreparation(request)
        try preparation.refuseUnlessPossible()
        outputs = preparation.plan.outputs.map { FilePath($0.path).lexicallyNormalized().string }
        minTmpfs = request.minTmpfs
    }

    /// This program again, telling what happens in JSON; a build needs a process, and a namespace, of its own.
    func command(extra: [String]) -> Command {
        let words = (program == "ingot" ? ["build"] : []) + ["--json"] + extra + arguments
        return Command("/proc/self/exe", words, environment: environment, calledAs: program)
    }

    /// Plans all; or says of each image that cannot be built why, and fails.
    static func plan(_ options: ImageSetOptions, environment: Environment) throws -> [PlannedImage] {
        let entries = ImageListEntry.merged(try options.files.flatMap(ImageListEntry.load))
        let unknown = options.only.filter { name in !entries.contains { ($0.name ?? "image") == name } }
        guard unknown.isEmpty else {
            let names = entries.map { $0.name ?? "image" }.joined(separator: ", ")
            throw PlanError("there is no image '\(unknown[0])'", hint: "the files list \(names)")
        }
        let wanted = entries.filter { options.only.isEmpty || options.only.contains($0.name ?? "image") }
        guard !wanted.isEmpty else { throw PlanError("the files list no image") }
        var images: [PlannedImage] = []
        var problems: [String] = []
        for entry in wanted {
            do {
                images.append(try PlannedImage(entry, common: options.common, environment: environment))
            } catch let error as OptionParserError {
                problems += error.messages.map { "image '\(entry.name ?? "image")': \($0)" }
            } catch {
                let failure = ErrorReport(error).failure
                let hint = failure.hint.map { " (\($0))" } ?? ""
                problems.append("image '\(entry.name ?? "image")': \(failure.summary)\(hint)")
            }
        }
        let named = Dictionary(grouping: images.flatMap(\.outputs).filter { !$0.isEmpty }) { $0 }
        problems += named.filter { $0.value.count > 1 }.keys.sorted().map { "two images would be written to '\($0)'" }
        guard problems.isEmpty else { throw OptionParserError(messages: problems.map { "error: \($0)" }) }
        return images
    }
}
