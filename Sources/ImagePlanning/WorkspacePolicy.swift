package import Basics

/// Where the temporary trees of a build live.
package struct WorkspacePolicy: Hashable, Sendable, Codable {
    /// The directory in which the build's own directories are made.
    package let parentDirectory: String
    package let usesTmpfs: Bool
    /// Upstream's line when memory is too small for tmpfs.
    package let warning: String?

    /// Decides by the memory that is available, not installed: two builds at once must not overcommit (wart 13.46).
    ///
    /// Upstream's rule is kept otherwise: at least twice `--min-tmpfs` GiB.
    package init(request: BuildRequest, memoryAvailable: ByteCount) {
        let environment = request.environment
        let parent = environment.nonEmpty("TMPDIR") ?? environment.nonEmpty("TMP_DIR") ?? "/tmp"
        parentDirectory = parent
        let needed = ByteCount.gibibytes(UInt64(request.minTmpfs) * 2)
        let isHardened = environment["GENTOO_PROFILE"]?.contains("hardened") ?? false
        guard request.usesTmpfs, !isHardened else {
            usesTmpfs = false
            warning = nil
            return
        }
        usesTmpfs = memoryAvailable >= needed
        warning =
            usesTmpfs
            ? nil
            : "WARNING: Not enough RAM to use tmpfs for build. Using \(parent). "
                + "(\(memoryAvailable.wholeKibibytes) < \(2 * request.minTmpfs)G)"
    }
}
