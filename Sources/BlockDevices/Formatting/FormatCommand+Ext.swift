import Basics

extension FormatCommand {
    /// What Debian 12's mke2fs gives ext4, and what GRUB 2.06 and every kernel since 3.18 read.
    private static let ext4Features = [
        "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "64bit", "flex_bg",
        "sparse_super",
        "large_file", "huge_file", "dir_nlink", "extra_isize", "metadata_csum",
    ]
    private static let ext2Features = [
        "ext_attr", "resize_inode", "dir_index", "filetype", "sparse_super", "large_file",
    ]
    /// Below this size Debian's mke2fs counts a filesystem as "small" and gives it more inodes.
    private static let smallLimit: UInt64 = 512 << 20

    /// ext2, ext3 and ext4.
    ///
    /// `-O none,…` and MKE2FS_CONFIG make sure that nothing comes from the host's mke2fs.conf: with a path that does
    /// not exist mke2fs uses the profile that is compiled into it. The user's options come later and win.
    static func ext(_ filesystem: Filesystem, uuid: String, hashSeed: String, site: FormatSite) -> FormatCommand {
        var options = MkfsOptions(filesystem.options)
        let userFeatures = options.take("-O")
        let userExtended = options.take("-E")
        let features: [String]
        switch filesystem.type.name {
        case "ext4": features = ext4Features
        case "ext3": features = ["has_journal"] + ext2Features
        default: features = ext2Features
        }
        var arguments = ["-t", filesystem.type.name]
        arguments += ["-O", (["none"] + features + userFeatures).joined(separator: ",")]
        arguments += [
            "-E", (initialisation(at: site) + ["hash_seed=\(hashSeed)"] + userExtended).joined(separator: ","),
        ]
        arguments += ["-I", "256", "-m", "5"]
        // A usage type (-T) chooses block size and inode ratio itself.
        if !options.contains("-T") {
            arguments += ["-b", "4096"]
            if !options.contains("-i"), !options.contains("-N") {
                arguments += ["-i", (site.size?.bytes ?? smallLimit) < smallLimit ? "4096" : "16384"]
            }
        }
        arguments += options.words + ["-L", filesystem.label, "-U", uuid, "-q"]
        var environment = Environment(["MKE2FS_CONFIG": "/nonexistent/mke2fs.conf"])
        if let timestamp = site.timestamp {
            // 1.47.1 and later know the general variable, earlier ones their own.
            environment["SOURCE_DATE_EPOCH"] = String(timestamp)
            environment["E2FSPROGS_FAKE_TIME"] = String(timestamp)
        }
        return FormatCommand(program: "mkfs", arguments: arguments, environment: environment)
    }

    /// How inode tables get their zeroes: an image file is fresh and sparse, so they are there already; where mke2fs
    /// cannot be told so, the guest's kernel writes them at its leisure, as upstream's images do.
    private static func initialisation(at site: FormatSite) -> [String] {
        let isZeroed = site.window != nil && site.formatters.mke2fsAssumesZeroedStorage
        return isZeroed ? ["assume_storage_prezeroed=1"] : ["lazy_itable_init=1", "lazy_journal_init=0"]
    }
}
