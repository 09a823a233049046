package import SystemPackage

/// Why a partition table could not be written or read: what was attempted on which file, and what stood against it.
package struct PartitionTableError: Error, Hashable, CustomStringConvertible {
    package enum Attempt: String, Hashable, Sendable {
        case write
        case read
    }

    package let attempt: Attempt
    package let path: FilePath
    /// libparted's words, the system's, or ours.
    package let reason: String

    package init(_ attempt: Attempt, path: FilePath, reason: String) {
        self.attempt = attempt
        self.path = path
        self.reason = reason
    }

    package var description: String {
        switch attempt {
        case .write: "cannot write partition table to '\(path)': \(reason)"
        case .read: "cannot read partition table of '\(path)': \(reason)"
        }
    }
}

/// A reason on its own, before it is known whose attempt it foils.
struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

extension PartitionTableError {
    /// Runs `body`, and gives whatever it throws the attempt and the path.
    static func wrapping<Result>(
        _ attempt: Attempt, path: FilePath, _ body: () throws -> Result
    ) throws(PartitionTableError) -> Result {
        do { return try body() } catch let refusal as Refusal {
            throw PartitionTableError(attempt, path: path, reason: refusal.reason)
        } catch {
            throw PartitionTableError(attempt, path: path, reason: "\(error)")
        }
    }
}
