import Basics
import BlockDevices
import Foundation
import PartitionTables
import SystemPackage
import TestSupport

let linuxType = "0fc63daf-8483-4772-8e79-3d69d8477de4"
let efiType = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
let diskGUID = "11111111-2222-4333-8444-555555555555"

func makeImage(_ path: FilePath, mebibytes: UInt64) throws {
    let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o644))
    try file.closeAfter { try file.resize(to: Int64(mebibytes << 20)) }
}

/// A table of 512-byte sectors; places in MiB.
func gpt(_ partitions: [(number: Int, start: UInt64, size: UInt64)], sectorSize: UInt64 = 512) -> PartitionTable {
    PartitionTable(
        label: .gpt, sectorSize: sectorSize, diskIdentifier: diskGUID,
        entries: partitions.map {
            PartitionEntry(
                number: $0.number, start: $0.start << 20, size: $0.size << 20, type: linuxType,
                name: "part \($0.number)",
                identifier: "aaaaaaaa-bbbb-4ccc-8ddd-0000000000\($0.number + 10)")
        })
}

/// A partition of an MBR; places in MiB.
typealias MBRPart = (number: Int, kind: PartitionEntry.Kind, start: UInt64, size: UInt64)

/// Partitions of equal size, one every `step` MiB.
func row(
    _ count: Int, _ kind: PartitionEntry.Kind, number: Int, start: UInt64, step: UInt64, size: UInt64
) -> [MBRPart] {
    (0..<count).map { (number + $0, kind, start + UInt64($0) * step, size) }
}

func mbr(_ partitions: [MBRPart]) -> PartitionTable {
    PartitionTable(
        label: .mbr, diskIdentifier: "deadbeef",
        entries: partitions.map {
            PartitionEntry(
                number: $0.number, kind: $0.kind, start: $0.start << 20, size: $0.size << 20,
                type: $0.kind == .extended ? "0f" : "83")
        })
}

/// The part of `sfdisk -J` that matters.
struct SfdiskReport: Decodable {
    struct Table: Decodable {
        let label: String
        let id: String
        let sectorsize: UInt64
        let partitions: [Partition]?
    }

    struct Partition: Decodable, Equatable {
        let node: String
        let start: UInt64
        let size: UInt64
        let type: String
        let uuid: String?
        let name: String?
        let bootable: Bool?
        let attrs: String?
    }

    let partitiontable: Table

    /// What sfdisk reads from a file or device.
    static func read(_ path: String) throws -> Table {
        let result = try runTool("/usr/sbin/sfdisk", ["-J", path])
        return try JSONDecoder().decode(SfdiskReport.self, from: Data(result.output.utf8)).partitiontable
    }
}

extension PartitionTable {
    /// The same table in sfdisk's words, one line per partition in order of number.
    var sfdiskLines: [String] {
        entries.sorted { $0.number < $1.number }.map { entry in
            let type = label == .gpt ? entry.type : String(UInt8(entry.type, radix: 16) ?? 0, radix: 16)
            let identity = label == .gpt ? " \(entry.identifier) '\(entry.name)'" : ""
            return "\(entry.number) \(entry.start / sectorSize)+\(entry.size / sectorSize) \(type)"
                + "\(identity)\(entry.isBootable ? " boot" : "")"
        }
    }
}

extension SfdiskReport.Table {
    /// Comparable with `PartitionTable.sfdiskLines`; the partition number is the end of the node's name.
    func lines(file: String) -> [String] {
        let numbered = (partitions ?? []).map { partition in
            let digits = partition.node.dropFirst(file.count).drop { !$0.isNumber }
            return (Int(digits) ?? 0, partition)
        }
        return numbered.sorted { $0.0 < $1.0 }.map { number, partition in
            let identity = label == "gpt" ? " \((partition.uuid ?? "").lowercased()) '\(partition.name ?? "")'" : ""
            let isBootable = partition.bootable == true || partition.attrs?.contains("LegacyBIOSBootable") == true
            return "\(number) \(partition.start)+\(partition.size) \(partition.type.lowercased())"
                + "\(identity)\(isBootable ? " boot" : "")"
        }
    }
}
