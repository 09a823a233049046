import Basics
import BlockDevices
import Foundation
import SystemPackage
import TestSupport

func makeSparseFile(_ path: FilePath, bytes: UInt64) throws {
    let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o644))
    try file.closeAfter { try file.resize(to: Int64(bytes)) }
}

/// Runs a mkfs command on a plain file.
func run(_ command: FormatCommand, on file: FilePath) throws -> ToolResult {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let environment = Environment(["PATH": path + ":/usr/sbin:/sbin"]).merging(command.environment)
    let words = command.words(device: file.string)
    return try runTool("env", words, environment: environment.dictionary)
}
