import Basics
import Glibc
import Synchronization
import SystemPackage

/// Where rendered text goes: a stream of the process, a log file, or an array in a test.
protocol TextSink: Sendable {
    /// Writes the whole text at once, so that a line is never torn by another writer.
    func write(_ text: String)
}

/// A sink over an open file descriptor, unbuffered: what was written is there even if the process dies next.
///
/// The first error ends the writing. A reader that left (`| head`) or a full log disk must not fail a build.
final class DescriptorSink: TextSink {
    private let descriptor: FileDescriptor
    private let isOwned: Bool
    private let isBroken = Atomic(false)

    /// Standard output of this process.
    static let standardOutput = DescriptorSink(.standardOutput)
    static let standardError = DescriptorSink(.standardError)

    init(_ descriptor: FileDescriptor, isOwned: Bool = false) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    /// A file that is appended to, never truncated, as `--logfile` promises.
    convenience init(appendingTo path: FilePath) throws {
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.append, .create, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        self.init(descriptor, isOwned: true)
    }

    func write(_ text: String) {
        guard !isBroken.load(ordering: .relaxed) else { return }
        do { try descriptor.writeAll(text.utf8) } catch { isBroken.store(true, ordering: .relaxed) }
    }

    deinit {
        if isOwned { try? descriptor.close() }
    }
}
