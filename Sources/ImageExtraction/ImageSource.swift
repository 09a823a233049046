import LinuxOS
import SystemPackage

/// What a file is that shall give a system, told by its first bytes: never by its name.
enum ImageSource: Hashable {
    case disk
    case tar
    case squashfs
    /// Something compressed, with the program that undoes it.
    case compressed(tool: String)

    private static let compressions: [(bytes: [UInt8], tool: String)] = [
        ([0x1F, 0x8B, 0x08], "gzip"), ([0xFD] + Array("7zXZ".utf8) + [0], "xz"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        (Array("BZh".utf8), "bzip2"),
    ]

    init(firstBytes start: [UInt8]) {
        if start.starts(with: Array("hsqs".utf8)) {
            self = .squashfs
        } else if start.count > 262, start[257..<262].elementsEqual("ustar".utf8) {
            self = .tar
        } else if let found = Self.compressions.first(where: { start.starts(with: $0.bytes) }) {
            self = .compressed(tool: found.tool)
        } else {
            self = .disk
        }
    }

    static func firstBytes(of file: FilePath) throws -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
            return try descriptor.closeAfter {
                var bytes = [UInt8](repeating: 0, count: 512)
                let count = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                return Array(bytes[..<count])
            }
        } catch {
            let code = error as? Errno ?? .ioError
            throw ImageExtractionError(.system, "open '\(file)'", code.description, underlying: code)
        }
    }

    /// The first bytes of what is inside a compressed file; nil where the program is not installed.
    static func firstBytes(
        of file: FilePath, through tool: String, count: Int = 512, _ runner: any CommandRunner
    ) async throws -> [UInt8]? {
        let script = """
            type -P "$1" >/dev/null || exit 127
            "$1" --decompress --stdout < "$2" 2>/dev/null | head --bytes "$3"
            """
        let command = Command("bash", ["-c", script, "first", tool, file.string, "\(count)"])
        let captured = try await runner.capture(command, limit: count + 1, onErrorLine: { _ in })
        return captured.outcome.status.isSuccess ? captured.standardOutput : nil
    }
}
