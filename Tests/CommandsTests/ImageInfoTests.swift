import Basics
import Foundation
import TestSupport
import Testing

@testable import Commands
@testable import ImageInspection

@Suite struct ImageInfoTests {
    private var sample: ImageDescription {
        var result = ImageDescription(
            file: "disk.qcow2", format: "qcow2", virtualSize: .gibibytes(4), fileSize: .mebibytes(300),
            allocatedSize: .mebibytes(299))
        result.table = .init(label: .gpt, identifier: "1111", sectorSize: 512)
        result.partitions = [
            .init(
                number: 1, start: .mebibytes(1), size: .mebibytes(8), type: "x", typeName: "BIOS boot",
                isBootable: false),
            .init(
                number: 2, start: .mebibytes(9), size: .gibibytes(3), type: "y", typeName: nil, name: "ro\u{1B}[2Jot",
                identifier: "2222", isBootable: true,
                filesystem: .init(
                    type: "ext4", version: "1.0", label: "cloudimg", identifier: "3333", size: .gibibytes(3),
                    used: .mebibytes(700))),
            .init(
                number: 3, start: .gibibytes(5), size: .gibibytes(1), type: "83", isBootable: false,
                problem: "it is gone"),
        ]
        result.boot.bios = "GRUB"
        result.boot.coreSector = 2048
        result.boot.loaders = ["EFI/BOOT/BOOTX64.EFI"]
        result.systems = [
            .init(partition: 2, name: "Debian 12", identifier: "debian", version: "12", kernels: ["6.1.0-40-amd64"])
        ]
        return result
    }

    @Test func anImageIsATableForPeople() throws { try expectGolden(ImageInfoText(sample).text, "image-info.txt") }

    @Test func itsJSONHasEverything() throws {
        let text = try ImageInfoCommand.json(sample)
        #expect(try JSONDecoder().decode(ImageDescription.self, from: Data(text.utf8)) == sample)
        #expect(text.contains("\"virtualSize\" : 4294967296"))
    }
}
