import ArgumentParser
import ImagePlanning

/// `ingot`: the native front end, and the roof over all commands.
struct IngotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingot",
        abstract: "Assembles golden operating-system images out of elements.",
        discussion: """
            Examples:
              ingot build -o debian debian-minimal vm     build debian.qcow2
              ingot plan debian-minimal vm                say what that would do, and do nothing
              ingot lock debian-minimal vm                write down what that fetches, to build from that alone
              ingot doctor                                check this host, with the commands that mend it
              ingot boot-test debian.qcow2                boot an image under QEMU and demand a proof
              ingot element list                          say which elements there are

            Under the names disk-image-create and ramdisk-image-create the program takes diskimage-builder's
            command lines.
            """,
        version: IngotVersion.text,
        subcommands: [
            BuildFront.self, PlanFront.self, LockFront.self,
            ProveFront.self, DoctorCommand.self, BootTestCommand.self,
            ConvertCommand.self,
            ImageCommand.self, ElementCommand.self, CacheCommand.self, RetryCommand.self, BlameCommand.self,
            TimeCommand.self,
            SizeCommand.self, LintCommand.self,
            ElementInfoCommand.self, ElementDataCommand.self, BootCodeCommand.self, BlockDeviceCommand.self,
        ])
}

/// Listed in the help; `Tool` takes its command line before ArgumentParser would.
struct BuildFront: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build an image (the options of disk-image-create).")
    @Argument(parsing: .captureForPassthrough, help: "Options and elements; see 'ingot build --help'.")
    var arguments: [String] = []
}

/// Listed in the help; `Tool` takes its command line before ArgumentParser would.
struct LockFront: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Write down everything that a build fetches, to build from that alone later.")
    @Argument(parsing: .captureForPassthrough, help: "Options and elements; see 'ingot lock --help'.")
    var arguments: [String] = []
}

/// Listed in the help; `Tool` takes its command line before ArgumentParser would.
struct ProveFront: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Build an image several times under changed circumstances; demand equal bytes.")
    @Argument(parsing: .captureForPassthrough, help: "Options and elements; see 'ingot prove --help'.")
    var arguments: [String] = []
}

/// Listed in the help; `Tool` takes its command line before ArgumentParser would.
struct PlanFront: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what a build would do, and check that this host can do it.")
    @Argument(parsing: .captureForPassthrough, help: "Options and elements; see 'ingot plan --help'.")
    var arguments: [String] = []
}
