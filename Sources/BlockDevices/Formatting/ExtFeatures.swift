/// Which features of ext2, ext3 and ext4 our own writer keeps to (`TreeFormats/Ext`).
package enum ExtFeatures {
    private static let written: Set<String> = [
        "none", "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "extents", "64bit",
        "flex_bg",
        "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize", "metadata_csum", "metadata_csum_seed",
        "large_dir", "project", "verity", "mmp", "ea_inode", "stable_inodes", "fast_commit", "orphan_file",
    ]
    /// What it cannot do without.
    private static let needed: Set<String> = ["filetype"]

    /// Those of mkfs's options that it does not know, sorted as given.
    package static func unwritable(in options: [String]) -> [String] {
        var options = MkfsOptions(options)
        return options.take("-O").filter { feature in
            guard feature.hasPrefix("^") else { return !written.contains(feature) }
            return needed.contains(String(feature.dropFirst()))
        }
    }
}
