import DiskFormats
import Synchronization
import SystemPackage

/// The whole of what a guest wrote to its serial port, in a file.
///
/// A log that can no longer be written (a full disk) must not end the test: what matters is on its way to the watch.
final class SerialLog: Sendable {
    private let file: ImageFile
    private let end = Mutex<UInt64>(0)

    init(_ path: FilePath) throws { file = try ImageFile.create(path) }

    func append(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        end.withLock { position in
            guard (try? bytes.withUnsafeBytes { try file.write($0, at: position) }) != nil else { return }
            position += UInt64(bytes.count)
        }
    }
}
