import LinuxOS
import SystemPackage

/// A NoCloud data source: a small disk labelled CIDATA with user-data and meta-data.
struct SeedImage: Sendable {
    let userData: String
    let instanceIdentifier: String

    /// The programs that can make one, best first, each with the Debian package that has it.
    enum Maker: String, CaseIterable, Sendable {
        case xorriso
        case genisoimage
        case mkisofs

        /// The command that packs `folder` into `image`.
        func command(folder: FilePath, image: FilePath) -> Command {
            let options = [
                "-quiet", "-output", image.string, "-volid", "CIDATA", "-joliet", "-rock", folder.string,
            ]
            return Command(rawValue, (self == .xorriso ? ["-as", "mkisofs"] : []) + options)
        }
    }

    private var metaData: String {
        "instance-id: \(instanceIdentifier)\nlocal-hostname: ingot-boot-test\n"
    }

    /// Writes the seed into `folder` and gives its path.
    func write(in folder: FilePath, maker: Maker, runner: any CommandRunner) async throws -> FilePath {
        let contents = folder.appending("seed")
        try await runner.check(Command("mkdir", ["-p", contents.string]))
        try writeFile(Array(userData.utf8), to: contents.appending("user-data"))
        try writeFile(Array(metaData.utf8), to: contents.appending("meta-data"))
        let image = folder.appending("seed.img")
        try await runner.check(maker.command(folder: contents, image: image))
        return image
    }
}
