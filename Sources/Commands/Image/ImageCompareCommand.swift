package import ArgumentParser
import DiskFormats
import SystemPackage

/// `ingot image compare A B`: whether a guest would see the same disk.
package struct ImageCompareCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say whether two images hold the same disk, whatever their formats.",
        discussion: """
            Exit status: 0 the same, 1 different, 2 one of them cannot be read. If one disk is larger, the rest of it \
            must be zero; with --strict the sizes must be equal too.

            Examples:
              ingot image compare disk.raw disk.qcow2
              ingot image compare -f raw disk.raw copy.vmdk     the first is raw, whatever it looks like
              ingot image compare --strict a.vhd b.vhdx && echo same
            """)

    @Argument(help: "An image.", completion: .file())
    var first: String

    @Argument(help: "The image to compare it with.", completion: .file())
    var second: String

    @Option(name: [.customShort("f"), .long], help: "The first image's format instead of a guess.")
    var firstFormat: DiskImageFormat?

    @Option(name: [.customShort("F"), .long], help: "The second image's format instead of a guess.")
    var secondFormat: DiskImageFormat?

    @Flag(help: "Read the files below a qcow2 overlay too; only for your own images.")
    var allowBacking = false

    @Flag(name: .shortAndLong, help: "Count disks of different sizes as different.")
    var strict = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    package init() {}

    package func run() throws {
        let outcome: Outcome
        do { outcome = try compare() } catch {
            printError("error: \(error)")
            throw ExitCode(2)
        }
        if !quiet { printOutput(outcome.text + "\n") }
        if outcome.differs { throw ExitCode(1) }
    }

    private struct Outcome {
        let text: String
        let differs: Bool
    }

    private func compare() throws -> Outcome {
        let backing = allowBacking ? Qcow2Reader.BackingAccess.allowed() : .refused
        let left = try DiskImage(FilePath(first), format: firstFormat, backing: backing).contents
        let right = try DiskImage(FilePath(second), format: secondFormat, backing: backing).contents
        if strict, left.size != right.size {
            return Outcome(text: "The disks differ in size: \(left.size) and \(right.size) bytes", differs: true)
        }
        if let offset = try ImageComparison(left, right).firstDifference() {
            return Outcome(text: "The disks differ from byte \(offset) on", differs: true)
        }
        let excess = max(left.size, right.size) - min(left.size, right.size)
        let text = "The disks are identical" + (excess == 0 ? "" : ", but one has \(excess) more zeros at its end")
        return Outcome(text: text, differs: false)
    }
}
