import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct BootCodePartitionScanTests {
    /// What `sfdisk -J` says of a disk, as the value that the scan must give.
    private struct Dump: Decodable {
        struct Table: Decodable {
            var label: String
            var id: String
            var partitions: [Partition]
        }
        struct Partition: Decodable {
            var node: String
            var start: UInt64
            var size: UInt64
            var type: String
            var name: String?
            var uuid: String?
            var bootable: Bool?
        }
        var partitiontable: Table

        func table(sectorSize: UInt64 = 512) -> PartitionTable {
            let isGPT = partitiontable.label == "gpt"
            let entries = partitiontable.partitions.map { partition in
                let number = Int(
                    partition.node.reversed().prefix(while: \.isNumber).reversed().map(String.init).joined())
                let type = isGPT || partition.type.count == 2 ? partition.type : "0" + partition.type
                let isLogical = !isGPT && (number ?? 0) > 4
                return PartitionEntry(
                    number: number ?? 0, kind: isLogical ? .logical : type == "05" ? .extended : .primary,
                    start: partition.start * sectorSize, size: partition.size * sectorSize, type: type,
                    name: partition.name ?? "",
                    identifier: partition.uuid ?? "", isBootable: partition.bootable ?? false)
            }
            let identifier = isGPT ? partitiontable.id : String(partitiontable.id.dropFirst(2))
            return PartitionTable(
                label: isGPT ? .gpt : .mbr, sectorSize: sectorSize, diskIdentifier: identifier, entries: entries)
        }
    }

    private func scan(_ bytes: [UInt8], sectorSize: UInt64 = 512) throws(DiskFormatError) -> PartitionTable {
        try PartitionTable.scan(sectorSize: sectorSize) { offset, count throws(DiskFormatError) in
            guard offset + UInt64(count) <= bytes.count else { throw DiskFormatError(.malformed, "read", "too short") }
            return Array(bytes[Int(offset)..<(Int(offset) + count)])
        }
    }

    private func disk(_ script: String) async throws -> (bytes: [UInt8], dump: Dump) {
        try await withScratchDirectory { folder in
            let file = folder.appending("disk1x").string
            let script = "truncate -s 64M \(file) && printf '\(script)' | sfdisk -q \(file) && sfdisk -J \(file)"
            let result = try runTool("sh", ["-c", script])
            try #require(result.status == 0, "\(result.output)")
            return (
                [UInt8](try Data(contentsOf: URL(fileURLWithPath: file))),
                try JSONDecoder().decode(Dump.self, from: Data(result.output.utf8))
            )
        }
    }

    @Test(
        .requires(.tool("sfdisk")),
        arguments: [
            #"label: dos\nlabel-id: 0x00000abc\nstart=2048, type=83, bootable\n"#,
            #"label: dos\nsize=4M, type=83\nsize=8M, type=c\nsize=20M, type=5\nsize=2M\nsize=3M, type=82\nsize=2M\n"#,
            #"label: gpt\nsize=1M,type=21686148-6449-6E6F-744E-656564454649,name=bsp\ntype=L,name="root fs"\n"#,
        ])
    func theScanAgreesWithSfdisk(script: String) async throws {
        let disk = try await disk(script)
        #expect(try scan(disk.bytes) == disk.dump.table())
    }

    /// A disk of 4096-byte sectors, which sfdisk needs a device for; read as one of 512 it is refused or not understood.
    @Test(
        .requires(.root, .loopDevices, .tool("sfdisk")),
        arguments: [
            #"label: dos\nlabel-id: 0x00000abc\nsize=4M, type=83\nsize=8M, type=c\nsize=20M, type=5\nsize=2M\nsize=2M\n"#,
            #"label: gpt\nsize=8M,type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B,name=ESP\ntype=L,name="root fs"\n"#,
        ])
    func theScanAgreesWithSfdiskOnLargeSectors(script: String) async throws {
        try await withScratchDirectory { folder in
            let file = folder.appending("disk").string
            let script = """
                truncate -s 64M '\(file)' && d=$(losetup -f --show -b 4096 '\(file)') && trap 'losetup -d $d' EXIT &&
                printf '\(script)' | sfdisk -q --no-reread --no-tell-kernel $d >/dev/null 2>&1 && sfdisk -J $d
                """
            let result = try runTool("sh", ["-c", script])
            try #require(result.status == 0, "\(result.output)")
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            let dump = try JSONDecoder().decode(Dump.self, from: Data(result.output.utf8))
            #expect(try scan(bytes, sectorSize: 4096) == dump.table(sectorSize: 4096))
            #expect((try? scan(bytes)) != dump.table(sectorSize: 4096))
        }
    }

    @Test(.requires(.tool("sfdisk")), arguments: [(512 + 56, "header's checksum"), (1024 + 40, "of its entries")])
    func aDamagedGPTIsRefused(offset: Int, reason: String) async throws {
        var bytes = try await disk(#"label: gpt\ntype=L\n"#).bytes
        bytes[offset] ^= 1
        let error = #expect(throws: DiskFormatError.self) { try scan(bytes) }
        #expect(error?.reason.contains(reason) == true)
    }

    @Test(.requires(.tool("sfdisk")))
    func aLoopInTheChainOfExtendedRecordsEnds() async throws {
        var bytes = try await disk(#"label: dos\nsize=20M, type=5\nsize=2M\n"#).bytes
        let start = 2048 * 512
        bytes.replaceSubrange((start + 462)..<(start + 478), with: [0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
        #expect(try scan(bytes).entries.count == 2)
    }

    /// Random tables, half of them with the marks and checksums of a GPT header so that the fields behind are reached.
    @Test(arguments: 0..<64) func randomBytesNeverCrashTheScan(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes.replaceSubrange(510..<512, with: [0x55, 0xAA])
        for index in [446, 462, 478, 494] { bytes[index] = 0 }
        if seed.isMultiple(of: 2) {
            bytes[450] = 0xEE
            bytes.replaceSubrange(512..<520, with: Array("EFI PART".utf8))
            bytes.replaceSubrange(524..<532, with: [92, 0, 0, 0, 0, 0, 0, 0])
            bytes.replaceSubrange(592..<600, with: [128, 0, 0, 0, 128, 0, 0, 0])
            if seed.isMultiple(of: 4) { bytes.replaceSubrange(584..<592, with: [2, 0, 0, 0, 0, 0, 0, 0]) }
            bytes.setLittleEndian(crc(bytes[1024..<(1024 + 128 * 128)]), at: 600)
            bytes.setLittleEndian(crc(bytes[512..<604]), at: 528)
        }
        let table = try? scan(bytes)
        #expect(table.map { $0.entries.allSatisfy { $0.start < $0.end } } != false)
    }

    /// CRC-32 bit by bit, independent of zlib.
    private func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1) * 0xEDB8_8320 }
        }
    }
}
