import Basics
import Foundation
import PartitionTables
import SystemPackage
import TestSupport
import Testing

@Suite struct RoundTripTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let table: PartitionTable
        var testDescription: String { name }
    }

    static let cases =
        plainCases + [
            Case(name: "names, flags and types", table: oddNames), Case(name: "MBR types", table: oddTypes),
        ]

    private static let plainCases = [
        Case(name: "empty GPT", table: gpt([])), Case(name: "empty MBR", table: mbr([])),
        Case(name: "one GPT partition", table: gpt([(1, 1, 98)])),
        Case(name: "GPT numbers out of order", table: gpt([(1, 40, 50), (14, 1, 4), (15, 5, 35)])),
        Case(name: "GPT at a high number", table: gpt([(89, 1, 8)])),
        Case(name: "four primaries", table: mbr(row(4, .primary, number: 1, start: 1, step: 10, size: 10))),
        Case(name: "one logical", table: mbr([(1, .extended, 1, 99), (5, .logical, 2, 10)])),
        Case(
            name: "three primaries, seven logicals",
            table: mbr(
                row(3, .primary, number: 1, start: 1, step: 10, size: 10)
                    + [(4, .extended, 31, 69)] + row(7, .logical, number: 5, start: 32, step: 9, size: 8))),
        Case(
            name: "40 logicals",
            table: mbr([(2, .extended, 1, 99)] + row(40, .logical, number: 5, start: 2, step: 2, size: 1))),
    ]

    private static let oddNames: PartitionTable = {
        var table = gpt([(1, 1, 8), (2, 10, 8), (3, 20, 70)])
        table.entries[0].type = efiType
        table.entries[1].isBootable = true
        table.entries[1].name = "boot ünïcode ☃ 𝄞"
        table.entries[2].name = String(repeating: "x", count: 36)
        return table
    }()

    private static let oddTypes: PartitionTable = {
        var table = mbr([
            (1, .primary, 1, 8), (2, .primary, 9, 8), (3, .extended, 17, 83), (5, .logical, 18, 8),
            (6, .logical, 30, 9),
        ])
        for (index, type) in ["41", "0c", "0f", "82", "8e"].enumerated() { table.entries[index].type = type }
        table.entries[1].isBootable = true
        table.diskIdentifier = "00000a0b"
        return table
    }()

    @Test(arguments: cases)
    func whatIsWrittenIsReadBack(item: Case) async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 100)
            try PartitionTableWriter.write(item.table, to: file)
            #expect(try PartitionTableReader.read(file) == item.table)
        }
    }

    @Test(.requires(.tool("sfdisk"), .tool("sgdisk")), arguments: cases)
    func sfdiskAndSgdiskReadTheSame(item: Case) async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 100)
            try PartitionTableWriter.write(item.table, to: file)
            let report = try SfdiskReport.read(file.string)
            #expect(report.label == (item.table.label == .gpt ? "gpt" : "dos"))
            #expect(report.id.lowercased().replacing("0x", with: "") == item.table.diskIdentifier)
            #expect(report.lines(file: file.string) == item.table.sfdiskLines)
            let verdict = try runTool("/usr/sbin/sfdisk", ["--verify", file.string])
            #expect(verdict.status == 0, "\(verdict.output)")
            guard item.table.label == .gpt else { return }
            #expect(verdict.output.contains("No errors detected"), "\(verdict.output)")
            let sgdisk = try runTool("/usr/sbin/sgdisk", ["-v", file.string])
            #expect(sgdisk.output.contains("No problems found"), "\(sgdisk.output)")
        }
    }

    @Test(.requires(.tool("sfdisk"))) func tablesOfSfdiskAreRead() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            for script in [
                "label: gpt\nlabel-id: \(diskGUID)\nstart=2048, size=8M, type=U, name=esp\nsize=20M, type=L, attrs=LegacyBIOSBootable\n",
                "label: dos\nlabel-id: 0xcafe0123\nstart=2048, size=8M, type=83, bootable\ntype=5\nsize=9M, type=82\nsize=5M, type=8e\n",
            ] {
                try makeImage(file, mebibytes: 100)
                let input = directory.appending("script")
                try Data(script.utf8).write(to: URL(filePath: input.string))
                let made = try runTool("/bin/sh", ["-c", "/usr/sbin/sfdisk -q '\(file)' < '\(input)'"])
                #expect(made.status == 0, "\(made.output)")
                let table = try PartitionTableReader.read(file)
                #expect(table.sfdiskLines == (try SfdiskReport.read(file.string)).lines(file: file.string))
                #expect(table.entries.count >= 2)
            }
        }
    }

    @Test(.requires(.root, .loopDevices, .tool("losetup"), .tool("sgdisk"), .tool("sfdisk")), arguments: [2048, 4096])
    func largeSectorsAreSeenByALoopDeviceOfThatSectorSize(sectorSize: UInt64) async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 100)
            let table = gpt([(1, 1, 20), (2, 21, 78)], sectorSize: sectorSize)
            try PartitionTableWriter.write(table, to: file)
            #expect(try PartitionTableReader.read(file) == table)
            let attached = try runTool("/usr/sbin/losetup", ["-b", "\(sectorSize)", "-f", "--show", file.string])
            let device = attached.output.trimmingCharacters(in: .whitespacesAndNewlines)
            try #require(attached.status == 0 && device.hasPrefix("/dev/loop"), "\(attached.output)")
            defer { _ = try? runTool("/usr/sbin/losetup", ["-d", device]) }
            let report = try SfdiskReport.read(device)
            #expect(report.sectorsize == sectorSize)
            #expect(report.lines(file: device) == table.sfdiskLines)
            let verdict = try runTool("/usr/sbin/sgdisk", ["-v", device])
            #expect(verdict.output.contains("No problems found"), "\(verdict.output)")
        }
    }

    @Test(.requires(.tool("cmp"))) func theSameTableIsTheSameBytes() async throws {
        try await withScratchDirectory { directory in
            for item in Self.cases {
                for name in ["one", "two"] {
                    let file = directory.appending(name)
                    try makeImage(file, mebibytes: 100)
                    try PartitionTableWriter.write(item.table, to: file)
                }
                let files = ["one", "two"].map { directory.appending($0).string }
                #expect(try runTool("cmp", files).status == 0, "\(item.name)")
            }
        }
    }

    @Test func bootCodeIsKeptAndNoneIsAdded() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            for table in [gpt([(1, 1, 50)]), mbr([(1, .primary, 1, 50)])] {
                for code in [Data(count: 440), Data((0..<440).map { UInt8($0 % 251) })] {
                    try makeImage(file, mebibytes: 100)
                    let handle = try FileHandle(forUpdating: URL(filePath: file.string))
                    try handle.write(contentsOf: code)
                    try handle.close()
                    try PartitionTableWriter.write(table, to: file)
                    let reader = try FileHandle(forReadingFrom: URL(filePath: file.string))
                    #expect(try reader.read(upToCount: 440) == code)
                    try reader.close()
                }
            }
        }
    }

    @Test func aNewTableReplacesTheOldOneWhole() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 100)
            let tables = [gpt([(1, 1, 50), (2, 51, 40)]), mbr([(1, .primary, 1, 50)]), gpt([(3, 1, 9)])]
            for table in tables {
                try PartitionTableWriter.write(table, to: file)
                #expect(try PartitionTableReader.read(file) == table)
            }
        }
    }

    @Test func theImageStaysSparse() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 4096)
            try PartitionTableWriter.write(gpt([(1, 1, 4000)]), to: file)
            let attributes = try runTool("stat", ["-c", "%b", file.string]).output
            #expect(try #require(Int(attributes.trimmingCharacters(in: .whitespacesAndNewlines))) * 512 < 1 << 20)
        }
    }
}
