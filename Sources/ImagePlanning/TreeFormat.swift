/// A format that is made from the mounted tree before the disk is released; all others are made from the disk.
package enum TreeFormat: String, Hashable, Sendable, CaseIterable {
    /// pax, with extended attributes and ACLs.
    case tar
    /// The same, compressed by gzip.
    case tgz
    /// The same, compressed by zstd.
    case tarZstd = "tar.zst"
    /// A read-only file system, by mksquashfs.
    case squashfs
    /// A read-only file system, by mkfs.erofs.
    case erofs
    /// cpio "newc", compressed by gzip: what a kernel unpacks as its first root.
    case initramfs
    /// An OCI image layout in a tar file, which skopeo and podman call `oci-archive`.
    case oci
    /// The tree imported into the Docker daemon of this host; no file.
    case docker
    /// App Container image: a tar file with the tree below `rootfs` and a manifest.
    case aci

    /// The suffix of its file; nil where there is no file.
    ///
    /// `squash` is upstream's word.
    package var fileSuffix: String? {
        switch self {
        case .squashfs: "squash"
        case .docker: nil
        default: rawValue
        }
    }

    /// Written by our own code with libarchive.
    package var isArchive: Bool { self != .squashfs && self != .erofs }

    /// Made from the one stream of tar that all of these share.
    package var isTarStream: Bool {
        switch self {
        case .tar, .tgz, .tarZstd, .oci, .docker: true
        case .squashfs, .erofs, .initramfs, .aci: false
        }
    }
}
