import Basics
import DiskFormats
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

    /// Why a parser did what it must not, though it did not crash.
    package struct Violation: Error, Equatable {
        package let text: String
    }

    /// Runs the parser on an input; `scratch` is a file that is written anew.
    package func run(_ input: [UInt8], scratch: FilePath) throws {
        var sparse = SparseInput(input)
        if sparse.mendsChecksums { sparse.mendChecksums(of: self) }
        try sparse.write(to: scratch)
        do {
            switch self {
            case .qcow2:
                _ = try DiskImageFormat(of: .open(scratch))
                try exercise(Qcow2Reader(scratch))
            case .vhd: try exercise(DiskImage(scratch, format: .vhd).contents)
            case .vmdk: try exercise(DiskImage(scratch, format: .vmdk).contents)
            case .vdi: try exercise(DiskImage(scratch, format: .vdi).contents)
            case .vhdx: try exercise(DiskImage(scratch, format: .vhdx).contents)
            case .partitions: try scanPartitions(ImageFile.open(scratch))
            case .parted: _ = try PartitionTableReader.read(scratch)
            }
        } catch is DiskFormatError {
            // Refused: that is what hostile input deserves.
        } catch is PartitionTableError {}
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
