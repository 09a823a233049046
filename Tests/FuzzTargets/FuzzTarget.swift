import Basics
import DiskFormats
import ImageInspection
import PartitionTables
package import SystemPackage

/// A parser that is fed with hostile bytes.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case qcow2
    case vhd
    case vmdk
    case vdi
    case vhdx
    /// Boot sectors and GPTs, as the boot loader's installer looks at them.
    case partitions
    /// The same through libparted, which is not instrumented, and what reads identifiers beside it.
    case parted
    /// What reads files of ext2, ext3 and ext4 to find a system and its kernels.
    case ext4
    /// What reads directories of system partitions.
    case fat
    /// os-release(5), from an image.
    case osrelease
    /// All of `ingot image info` on a whole disk, libblkid included, which is not instrumented.
    case inspection

    /// Why a parser did what it must not, though it did not crash.
    package struct Violation: Error, Equatable {
        package let text: String
    }

    /// Runs the parser on an input; `scratch` is a file that is written anew.
    package func run(_ input: [UInt8], scratch: FilePath) throws {
        var sparse = SparseInput(input)
        if sparse.mendsChecksums { sparse.mendChecksums(of: self) }
        try sparse.write(to: scratch)
        switch self {
        case .qcow2:
            try refusing {
                _ = try DiskImageFormat(of: .open(scratch))
                try exercise(Qcow2Reader(scratch))
            }
            try check(scratch, .qcow2)
        case .vhd: try exerciseAndCheck(scratch, .vhd)
        case .vmdk: try exerciseAndCheck(scratch, .vmdk)
        case .vdi: try exerciseAndCheck(scratch, .vdi)
        case .vhdx: try exerciseAndCheck(scratch, .vhdx)
        case .partitions: try refusing { try scanPartitions(ImageFile.open(scratch)) }
        case .parted: try refusing { _ = try PartitionTableReader.read(scratch) }
        case .ext4: try refusing { _ = try SystemProbe(DiskWindow(RawImage(scratch))).system(on: 1) }
        case .fat: try refusing { try listDirectories(DiskWindow(RawImage(scratch))) }
        case .osrelease: _ = SystemProbe.fields(String(decoding: input, as: UTF8.self))
        case .inspection: try refusing { _ = try ImageInspector(DiskImage(scratch, format: .raw)).describe() }
        }
    }

    private func exerciseAndCheck(_ path: FilePath, _ format: DiskImageFormat) throws {
        try refusing { try exercise(DiskImage(path, format: format).contents) }
        try check(path, format)
    }

    /// `ingot image check` walks the tables by itself.
    private func check(_ path: FilePath, _ format: DiskImageFormat) throws {
        try refusing { _ = try ImageCheck(path, format: format) }
    }

    /// A refusal is what hostile input deserves.
    private func refusing(_ body: () throws -> Void) throws {
        do { try body() } catch is DiskFormatError {
        } catch is PartitionTableError {
        } catch let error as ImageInspectionError where error.kind != .system {}
    }

    /// Down every path of two names, as loaders are looked for.
    private func listDirectories(_ window: DiskWindow) throws {
        guard let reader = try FatReader(window) else { return }
        for folder in try reader.names(in: []).prefix(8) {
            for inner in try reader.names(in: [folder]).prefix(8) { _ = try reader.names(in: [folder, inner]) }
        }
    }

    private func scanPartitions(_ file: ImageFile) throws {
        let table = try PartitionTable.scan { (offset, count) throws(DiskFormatError) in
            do {
                guard offset <= UInt64(Int64.max) - UInt64(count) else { throw Errno.invalidArgument }
                var bytes = [UInt8](repeating: 0, count: count)
                try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
                return bytes
            } catch let error as DiskFormatError { throw error } catch {
                throw DiskFormatError(.malformed, "read", "\(error)")
            }
        }
        _ = try BootCodeArea(of: table)
    }
}
