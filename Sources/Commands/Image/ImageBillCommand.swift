package import ArgumentParser
import Basics
import DiskFormats
import Foundation
import ImageAssembly
import ImageExtraction
import ImagePlanning
import LinuxOS
import Provenance
import SystemPackage

/// `ingot image sbom IMAGE`: the bill of materials of an image that exists, whoever has made it.
package struct ImageBillCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sbom",
        abstract: "Print the bill of materials of an image: the packages in it, as SPDX or CycloneDX.",
        discussion: """
            Takes what 'ingot image extract' takes: disk images, tar archives, squashfs. The packages are read from the \
            image (dpkg, rpm, apk); which element and hook has installed each comes from the record of the build, \
            NAME\(BuildHistory.suffix), if that is beside the image. Without a date in SOURCE_DATE_EPOCH, that of the \
            image file counts. Disks with ext2, ext3 or ext4 and dpkg or apk are read in place, by anybody; for the rest \
            the image is unpacked for a moment, which only root may do.

            Examples:
              ingot image sbom debian.qcow2 > debian.spdx.json
              ingot image sbom --format cyclonedx debian.tar
            """)

    @Argument(help: "The image.", completion: .file())
    var image: String

    @Option(help: "spdx or cyclonedx.")
    var format = BillFormat.spdx

    package init() {}

    package func run() async throws {
        let environment = Environment(ProcessInfo.processInfo.environment)
        let stated = try sourceDate(environment)
        let (found, problems) = try await inventory(Self.folder(environment))
        for problem in problems { printError("warning: \(problem)") }
        printOutput(String(decoding: try format.document(of: try bill(found, stated)), as: UTF8.self))
    }

    /// Without unpacking, where that can be; the bill is the same.
    private func inventory(_ folder: FilePath) async throws -> (PackageInventory, [String]) {
        if let found = try PackageInventory.read(disk: FilePath(image)) { return (found, []) }
        let scratch = try TemporaryDirectory.create(in: folder, prefix: "ingot-sbom.")
        let result = await Task { try await unpack(in: scratch.path) }.result
        try scratch.remove()
        return try result.get()
    }

    private func unpack(in scratch: FilePath) async throws -> (PackageInventory, [String]) {
        let tree = scratch.appending("tree")
        let work = scratch.appending("work")
        try FileManager.default.createDirectory(atPath: work.string, withIntermediateDirectories: true)
        let report = try await ImageExtractor(FilePath(image), to: tree, scratch: work).run()
        let found = try await PackageInventory.read(
            root: tree, scratch: work, runner: SubprocessRunner(), runsTree: false)
        if found.packages.isEmpty, found.problems.isEmpty {
            throw PlanError(
                "'\(image)' has no database of dpkg, rpm or apk",
                hint: "'ingot image info \(image)' says what is in it")
        }
        return (found, report.warnings + found.problems)
    }

    private func bill(_ found: PackageInventory, _ stated: UInt64?) throws -> SoftwareBill {
        let file = FilePath(image)
        let date = try FileManager.default.attributesOfItem(atPath: image)[.modificationDate] as? Date
        return SoftwareBill(
            image: file.lastComponent?.stem ?? image, system: found.system,
            packages: found.packages(attributedBy: BuildHistory.read(beside: image)),
            files: [.init(name: file.lastComponent?.string ?? image, sha256: try FileDigest.compute(of: file).sha256)],
            time: stated ?? UInt64(max(0, date?.timeIntervalSince1970 ?? 0)), toolVersion: IngotVersion.text)
    }

    private func sourceDate(_ environment: Environment) throws -> UInt64? {
        guard let text = environment.nonEmpty("SOURCE_DATE_EPOCH") else { return nil }
        guard let seconds = UInt64(text), seconds < 1 << 40 else {
            throw PlanError("SOURCE_DATE_EPOCH '\(text)' is not a whole number of seconds")
        }
        return seconds
    }

    private static func folder(_ environment: Environment) -> FilePath {
        FilePath(environment.nonEmpty("TMPDIR") ?? environment.nonEmpty("TMP_DIR") ?? "/tmp")
    }
}

extension BillFormat: ExpressibleByArgument {}
