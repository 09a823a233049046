import DiskFormats
import SystemPackage

/// Creates or replaces a small file.
func writeFile(_ bytes: [UInt8], to path: FilePath) throws {
    let file = try ImageFile.create(path)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
}
