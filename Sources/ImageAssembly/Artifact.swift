package import ImagePlanning
package import SystemPackage

/// A file that a build has published under its final name.
package struct Artifact: Hashable, Sendable {
    package let path: FilePath
    package let format: OutputFormat
    /// Bytes of the file as `ls` shows them.
    package let size: UInt64

    package init(path: FilePath, format: OutputFormat, size: UInt64) {
        self.path = path
        self.format = format
        self.size = size
    }
}
