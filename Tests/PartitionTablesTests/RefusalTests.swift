import Basics
import Foundation
import PartitionTables
import SystemPackage
import TestSupport
import Testing

@Suite struct RefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let reason: String
        let table: PartitionTable
        var testDescription: String { reason }

        init(_ reason: String, _ table: PartitionTable, _ change: (inout PartitionTable) -> Void = { _ in }) {
            self.reason = reason
            var changed = table
            change(&changed)
            self.table = changed
        }
    }

    static let cases = [
        Case("Can't have overlapping partitions", gpt([(1, 1, 50), (2, 40, 20)])),
        Case("Can't have overlapping partitions", mbr([(1, .primary, 1, 50), (2, .primary, 50, 20)])),
        Case("partition 1: ends behind the end of the disk", gpt([(1, 1, 100)])),
        // The last sectors hold the copy of the table.
        Case("Unable to satisfy all constraints on the partition", gpt([(1, 1, 99)])),
        Case("partition 1: start and size must be whole sectors", gpt([(1, 1, 5)])) { $0.entries[0].start += 100 },
        Case("partition 1: start and size must be whole sectors", gpt([(1, 1, 0)])),
        Case("partition 1: 'x' is no type GUID", gpt([(1, 1, 5)])) { $0.entries[0].type = "x" },
        Case("partition 1: '' is no GUID", gpt([(1, 1, 5)])) { $0.entries[0].identifier = "" },
        Case("partition 129: a GPT has no such number", gpt([(129, 1, 5)])),
        Case("partition 5: a GPT has no logical partitions", gpt([(5, 1, 5)])) { $0.entries[0].kind = .logical },
        Case("partition 1: the name is longer than 36 characters", gpt([(1, 1, 5)])) {
            $0.entries[0].name = String(repeating: "x", count: 37)
        },
        Case("'deadbee' is no disk identifier", mbr([])) { $0.diskIdentifier = "deadbee" },
        Case("'deadbeef' is no disk identifier", gpt([])) { $0.diskIdentifier = "deadbeef" },
        Case("two partitions have the same number", gpt([(1, 1, 5), (1, 10, 5)])),
        Case("partition 5: an MBR has no such number", mbr([(5, .primary, 1, 5)])),
        Case("partition 1: type '100' is no type".replacing("type '100'", with: "'100'"), mbr([(1, .primary, 1, 5)])) {
            $0.entries[0].type = "100"
        },
        Case("partition 1: type '0f' is not one of primary partitions", mbr([(1, .primary, 1, 5)])) {
            $0.entries[0].type = "0f"
        },
        Case("logical partitions must be numbered 5, 6, …", mbr([(1, .extended, 1, 50), (6, .logical, 2, 5)])),
        Case("an MBR needs sectors of 512 bytes, not 4096", mbr([])) { $0.sectorSize = 4096 },
        Case("sectors of 520 bytes", gpt([])) { $0.sectorSize = 520 },
    ]

    @Test(arguments: cases) func animpossibleTableIsRefused(item: Case) async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 100)
            let error = #expect(throws: PartitionTableError.self) {
                try PartitionTableWriter.write(item.table, to: file)
            }
            #expect(error?.reason == item.reason)
            #expect(error?.description == "cannot write partition table to '\(file)': \(item.reason)")
            let handle = try FileHandle(forReadingFrom: URL(filePath: file.string))
            #expect(try handle.read(upToCount: 4096) == Data(count: 4096), "nothing is written")
            try handle.close()
        }
    }

    @Test func aLogicalPartitionNeedsAnExtendedOne() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 100)
            #expect(throws: PartitionTableError.self) {
                try PartitionTableWriter.write(mbr([(5, .logical, 2, 5)]), to: file)
            }
        }
    }

    @Test func aFileThatIsNotThereIsNamed() async throws {
        let path = FilePath("/nonexistent/disk")
        let written = #expect(throws: PartitionTableError.self) { try PartitionTableWriter.write(gpt([]), to: path) }
        #expect(
            written?.description == "cannot write partition table to '/nonexistent/disk': No such file or directory")
        let read = #expect(throws: PartitionTableError.self) { try PartitionTableReader.read(path) }
        #expect(read?.description == "cannot read partition table of '/nonexistent/disk': No such file or directory")
    }

    @Test func aSizeThatIsNoWholeSectorsIsRefused() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            for (size, reason) in [
                (1_048_700, "its size of 1048700 bytes is no whole number of sectors of 512 bytes"),
                (0, "its size of 0 bytes is no whole number of sectors of 512 bytes"),
            ] {
                try Data(count: size).write(to: URL(filePath: file.string))
                let error = #expect(throws: PartitionTableError.self) {
                    try PartitionTableWriter.write(mbr([]), to: file)
                }
                #expect(error?.reason == reason)
            }
        }
    }

    /// Every byte of both headers, the entries and the boot record: damaged tables are refused or read, never a crash.
    @Test(arguments: UInt64(0)..<64) func damagedTablesNeverCrashTheReader(seed: UInt64) async throws {
        try await withScratchDirectory { directory in
            var generator = SeededGenerator(seed: seed)
            let file = directory.appending("disk")
            let logicals = mbr([(1, .extended, 1, 15), (5, .logical, 2, 3), (6, .logical, 6, 3)])
            for table in [gpt([(1, 1, 5), (2, 6, 5)]), logicals] {
                try makeImage(file, mebibytes: 16)
                try PartitionTableWriter.write(table, to: file)
                let handle = try FileHandle(forUpdating: URL(filePath: file.string))
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let places: [UInt64] =
                        table.label == .gpt
                        ? [440, 512, 1024, (16 << 20) - 512] : [440, 1_049_022, 6_291_456 - 32_256 + 446]
                    let offset =
                        (places.randomElement(using: &generator) ?? 0) + UInt64.random(in: 0..<92, using: &generator)
                    try handle.seek(toOffset: offset)
                    try handle.write(contentsOf: Data([UInt8.random(in: 0...255, using: &generator)]))
                }
                try handle.close()
                do {
                    let read = try PartitionTableReader.read(file)
                    #expect(read.entries.allSatisfy { $0.end <= 16 << 20 })
                } catch let error as PartitionTableError {
                    #expect(!error.reason.isEmpty)
                }
            }
        }
    }

    @Test func noiseIsNoTable() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            var generator = SeededGenerator(seed: 1)
            for size in [0, 1, 511, 512, 1023, 1024, 4096, 100_000] {
                let noise = Data((0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) })
                try noise.write(to: URL(filePath: file.string))
                #expect(throws: PartitionTableError.self) { try PartitionTableReader.read(file) }
            }
        }
    }

    @Test func writersOnManyTasksTakeTurns() async throws {
        try await withScratchDirectory { directory in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<16 {
                    group.addTask {
                        let file = directory.appending("disk\(index)")
                        try makeImage(file, mebibytes: 20)
                        let table = index % 2 == 0 ? gpt([(index + 1, 1, 5)]) : mbr([(1, .primary, 1, UInt64(index))])
                        try PartitionTableWriter.write(table, to: file)
                        return try PartitionTableReader.read(file) == table
                    }
                }
                for try await isSame in group { #expect(isSame) }
            }
        }
    }
}
