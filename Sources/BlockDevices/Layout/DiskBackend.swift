/// How a disk is made on the host (decision 0019).
package enum DiskBackend: String, Hashable, Sendable, Codable {
    /// Everything is written into one regular file: no loop device, no mount of the image.
    case file
    /// Each partition is a loop device, and the kernel mounts it.
    case loop
}
