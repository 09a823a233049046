import Basics
import BlockDevices
import Foundation
import PartitionTables
import SystemPackage
import TestSupport
import Testing

/// Layouts of documents, written to files, are read by sfdisk and sgdisk as they were planned.
@Suite(.requires(.tool("sfdisk"), .tool("sgdisk"))) struct LayoutOracleTests {
    private func layout(_ document: String, size: ByteCount, seed: UInt64) throws -> BlockDeviceLayout {
        let parameters = BlockDeviceParameters(
            rootFilesystemType: "ext4", imageSize: size, imageDirectory: "/img", mountBase: "/mnt")
        let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters)
        var generator = SeededGenerator(seed: seed)
        return try BlockDeviceLayout(graph, using: &generator)
    }

    private static func document(label: String, sectorSize: Int = 512, _ partitions: [String]) -> String {
        "- local_loop: {name: image0, block_size: \(sectorSize)}\n- partitioning: {base: image0, label: \(label), partitions: ["
            + partitions.map { "{\($0)}" }.joined(separator: ", ") + "]}"
    }

    /// Writes the layout's table to a file of its size and compares what the tools say about it.
    ///
    /// sfdisk of Debian 12 takes the sector size from the device, hence a loop device for those of 4096.
    private func check(_ plan: BlockDeviceLayout) async throws -> SfdiskReport.Table {
        let image = try #require(plan.mainImage)
        let table = try #require(image.table)
        return try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            let descriptor = try FileDescriptor.open(
                file, .readWrite, options: .create, permissions: FilePermissions(rawValue: 0o644))
            try descriptor.closeAfter { try descriptor.resize(to: Int64(image.size.bytes)) }
            try PartitionTableWriter.write(table, to: file)
            let loop = table.sectorSize == 512 ? nil : try attach(file, sectorSize: table.sectorSize)
            defer { if let loop { _ = try? runTool("/usr/sbin/losetup", ["-d", loop]) } }
            let disk = loop ?? file.string
            let report = try SfdiskReport.read(disk)
            #expect(report.sectorsize == table.sectorSize)
            #expect(report.lines(file: disk) == table.sfdiskLines)
            #expect(report.id.lowercased().replacing("0x", with: "") == table.diskIdentifier)
            if table.label == .gpt {
                let verdict = try runTool("/usr/sbin/sgdisk", ["-v", disk])
                #expect(verdict.output.contains("No problems found"), "\(verdict.output)")
            }
            #expect(try runTool("/usr/sbin/sfdisk", ["--verify", disk]).status == 0)
            #expect(try PartitionTableReader.read(file) == table)
            return report
        }
    }

    private func attach(_ file: FilePath, sectorSize: UInt64) throws -> String {
        let attached = try runTool("/usr/sbin/losetup", ["-b", "\(sectorSize)", "-f", "--show", file.string])
        let device = attached.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try #require(attached.status == 0 && device.hasPrefix("/dev/loop"), "\(attached.output)")
        return device
    }

    private static let logical = (0..<64).map { "name: l\($0), size: 10MiB" }
    private static let primary = (0..<3).map { "name: p\($0), size: 10MiB, flags: [primary]" }

    /// What upstream's own tests ask partx for.
    private func partx(_ partitions: [String]) async throws -> [String] {
        let plan = try layout(Self.document(label: "mbr", partitions), size: .gibibytes(1), seed: 1)
        let table = try #require(plan.mainImage?.table)
        return try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeImage(file, mebibytes: 1024)
            try PartitionTableWriter.write(table, to: file)
            #expect(try PartitionTableReader.read(file) == table)
            let columns = "NR,START,END,TYPE,FLAGS,SCHEME"
            let result = try runTool("partx", ["-b", "-o", columns, "--raw", "--noheadings", file.string])
            return result.output.split(separator: "\n").map(String.init)
        }
    }

    @Test(.requires(.tool("partx"))) func theAcceptanceCasesOfUpstream() async throws {
        #expect(try await partx([]) == [])
        #expect(
            try await partx(Array(Self.logical.prefix(1))) == [
                "1 2048 2097151 0xf 0x0 dos", "5 4096 24575 0x83 0x0 dos",
            ])
        let chain = (0..<64).map { "\($0 + 5) \(4096 + $0 * 22528) \(4096 + $0 * 22528 + 20479) 0x83 0x0 dos" }
        #expect(try await partx(Self.logical) == ["1 2048 2097151 0xf 0x0 dos"] + chain)
        let primaries = ["1 2048 22527", "2 22528 43007", "3 43008 63487"].map { "\($0) 0x83 0x0 dos" }
        #expect(try await partx(Array(Self.primary.prefix(1))) == Array(primaries.prefix(1)))
        #expect(try await partx(Self.primary) == primaries)
        let seven = (0..<7).map { "\($0 + 5) \(65536 + $0 * 22528) \(65536 + $0 * 22528 + 20479) 0x83 0x0 dos" }
        #expect(
            try await partx(Self.primary + Self.logical.prefix(7))
                == primaries + ["4 63488 2097151 0xf 0x0 dos"] + seven)
        #expect(
            try await partx(["name: f, size: 10MiB, type: 0x0c, flags: [primary, boot]"])
                == ["1 2048 22527 0xc 0x80 dos"])
    }

    @Test("150 random tables with sectors of 512 bytes", arguments: UInt64(0)..<150)
    func randomTables(seed: UInt64) async throws { try await checkRandomTable(seed: seed, sectorSize: 512) }

    @Test(
        "50 random tables with sectors of 4096 bytes", .requires(.root, .loopDevices, .tool("losetup")),
        arguments: UInt64(1000)..<1050)
    func randomTablesOfLargeSectors(seed: UInt64) async throws {
        try await checkRandomTable(seed: seed, sectorSize: 4096)
    }

    private func checkRandomTable(seed: UInt64, sectorSize: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        // An MBR counts in sectors of 512 bytes.
        let isGPT = sectorSize != 512 || Bool.random(using: &generator)
        let count = Int.random(in: 1...(isGPT ? 24 : 12), using: &generator)
        let primaries = isGPT ? 0 : Int.random(in: 0...3, using: &generator)
        let codes = isGPT ? ["8300", "EF00", "EF02", "8E00", "8200"] : ["83", "0c", "82", "8e", "41", "fd"]
        let partitions = (0..<count).map { index in
            let size =
                Bool.random(using: &generator)
                ? "\(Int.random(in: 1...40, using: &generator))%" : "\(Int.random(in: 1...9, using: &generator))MiB"
            var flags = index < primaries ? ["primary"] : []
            if Int.random(in: 0..<4, using: &generator) == 0 { flags.append("boot") }
            let type = codes.randomElement(using: &generator) ?? "83"
            return "name: p\(index), size: \(size), type: \(type), flags: [\(flags.joined(separator: ", "))]"
        }
        let size = ByteCount(
            UInt64.random(in: 1000...3000, using: &generator) << 20 + 512 * UInt64.random(in: 0...99, using: &generator)
        )
        let document = Self.document(label: isGPT ? "gpt" : "mbr", sectorSize: sectorSize, partitions)
        let plan = try layout(document, size: size, seed: seed)
        #expect(try await check(plan).partitions?.count == plan.mainImage?.table?.entries.count)
        // Apart, in order, on the disk, whole sectors.
        let image = try #require(plan.mainImage)
        let data = try #require(image.table).entries.filter { $0.kind != .extended }
        for (one, next) in zip(data, data.dropFirst()) { #expect(one.end <= next.start) }
        #expect(data.allSatisfy { $0.start % 1_048_576 == 0 && $0.size % image.sectorSize == 0 })
        #expect(data.allSatisfy { $0.size > 0 && $0.end <= image.size.bytes })
    }
}
