/// How its contents get onto a filesystem; decided when the disk is planned.
package enum FilesystemFilling: String, Hashable, Sendable, Codable {
    /// The kernel mounts it, and files are copied in.
    case mounted
    /// The kernel has no driver for it: a directory stands in for it while the image is filled, and is written into
    /// the image file when the disk is released.
    case filledInFile
    /// The tree itself stands in its place, and is written into the image file when the disk is released.
    case writtenFromTree
}
