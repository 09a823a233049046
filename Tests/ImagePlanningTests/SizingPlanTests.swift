import Basics
import BlockDevices
import ImagePlanning
import Testing

/// Which rule sizes the disk of a build, and how much room is left in it.
@Suite struct SizingPlanTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let what: String
        var environment: [String: String] = [:]
        var change: @Sendable (inout BuildRequest) -> Void = { _ in }
        let expected: String
        var testDescription: String { what }
    }

    @Test(
        "the front end, options and variables decide the rule and the room",
        arguments: [
            Case(what: "DIB's names", expected: "compatible, 0 B"),
            Case(what: "ingot build", change: { $0.mode = .native }, expected: "exact, 10 % (at least 64 MiB)"),
            Case(what: "DIB's names, --free", change: { $0.freeSpace = .percent(20) }, expected: "exact, 20 %"),
            Case(
                what: "DIB's names, variables", environment: ["INGOT_FREE_SPACE": "1GiB"], expected: "exact, 1 GiB"),
            Case(
                what: "DIB's names, INGOT_SIZING", environment: ["INGOT_SIZING": "exact"],
                expected: "exact, 10 % (at least 64 MiB)"),
            Case(
                what: "ingot build, compatible", environment: ["INGOT_SIZING": "compatible"],
                change: { $0.mode = .native }, expected: "compatible, 0 B"),
            Case(
                what: "a stated size", change: { ($0.mode, $0.imageSize) = (.native, "5") },
                expected: "exact, 0 B, disk 5 GiB"),
            Case(
                what: "a stated size and free space",
                change: { ($0.mode, $0.imageSize, $0.freeSpace) = (.native, "5", .bytes(.gibibytes(1))) },
                expected: "exact, 1 GiB, disk 5 GiB"),
            Case(
                what: "an extra size", change: { ($0.mode, $0.imageExtraSize) = (.native, "200") },
                expected: "exact, 200 MiB"),
        ])
    func rule(testCase: Case) throws {
        let plan = try plan(request(testCase.environment, testCase.change))
        let disk = plan.statedImageSize.map { ", disk \($0)" } ?? ""
        #expect("\(plan.sizingMode.rawValue), \(plan.freeSpace)\(disk)" == testCase.expected)
    }

    @Test(
        "what is no rule and no room is refused",
        arguments: [
            Case(
                what: "a rule that does not exist", environment: ["INGOT_SIZING": "tight"],
                expected: "INGOT_SIZING is 'tight', not 'exact' or 'compatible'"),
            Case(
                what: "room in words", environment: ["INGOT_FREE_SPACE": "much"],
                expected: "INGOT_FREE_SPACE is 'much', neither a size nor a percentage up to 90\n"
                    + "for example 500MiB, or 20%"),
            Case(
                what: "room in compatible sizing", change: { ($0.sizing, $0.freeSpace) = (.compatible, .percent(5)) },
                expected: "free space is asked for, which compatible sizing does not know\n"
                    + "leave out --sizing compatible (INGOT_SIZING), or use --image-extra-size for --free"),
            Case(
                what: "a disk on which the layout itself does not fit",
                change: {
                    ($0.mode, $0.imageSize, $0.elements) = (
                        .native, "0.5", ["debian-minimal", "vm", "block-device-efi"]
                    )
                },
                expected: "The requested size of the image is smaller than the block device configuration: "
                    + "partition 'ESP' needs 550 MiB, but 510 MiB of 'image0' are left (at "
                    + "[1].partitioning.partitions[0].size, line 8)\n"
                    + "without any tree the layout takes --image-size 0.585 (DIB_IMAGE_SIZE)"),
        ])
    func refused(testCase: Case) {
        #expect(refusal(request(testCase.environment, testCase.change)) == testCase.expected)
    }

    @Test(
        "the boot loader, which comes after the measuring, has room of its own",
        arguments: [
            (["debian-minimal", "vm"], SizingMode.exact, "20 MiB at /, 12 MiB at /boot"),
            (
                ["debian-minimal", "vm", "block-device-efi"], .exact,
                "20 MiB at /, 12 MiB at /boot, 10 MiB at /boot/efi"
            ), (["debian-minimal", "vm"], .compatible, nil), (["debian-minimal"], .exact, nil),
        ] as [([String], SizingMode, String?)])
    func finaliseRoom(elements: [String], mode: SizingMode, expected: String?) throws {
        let plan = try plan(request { ($0.elements, $0.sizing) = (elements, mode) })
        #expect(plan.finaliseRoom.description == expected)
    }

    @Test func freeNothingStillHoldsTheBootLoader() throws {
        func least(_ elements: [String]) throws -> ByteCount {
            let plan = try plan(request { ($0.elements, $0.freeSpace) = (elements, .bytes(.zero)) })
            var parameters = plan.graph.parameters
            parameters.imageDirectory = "/"
            let survey = TreeSurvey(
                directories: [.init(path: "/", files: [.init(size: 300 << 20)])], allocated: .mebibytes(300))
            let sizer = try plan.diskSizer(for: survey, parameters: parameters, generator: SeededGenerator(seed: 1))
            return try #require(try sizer.smallest()?.image)
        }
        let with = try least(["debian-minimal", "vm"])
        let without = try least(["debian-minimal", "block-device-mbr"])
        #expect(with.bytes - without.bytes >= 32 << 20 && with.bytes - without.bytes < 36 << 20)
    }
}
