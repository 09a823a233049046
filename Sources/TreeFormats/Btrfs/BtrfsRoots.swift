import DiskFormats

/// Where a tree begins.
struct BtrfsRoot {
    let address: UInt64
    let level: UInt8
}

/// Where the trees begin that a superblock names, now and in case that they are damaged.
struct BtrfsRoots {
    let root: BtrfsRoot
    let chunk: BtrfsRoot
    let extent: BtrfsRoot
    let files: BtrfsRoot
    let device: BtrfsRoot
    let checksums: BtrfsRoot

    /// A `btrfs_root_backup`.
    func backup(generation: UInt64, totalBytes: UInt64, used: UInt64) -> [UInt8] {
        let all = [root, chunk, extent, files, device, checksums]
        var bytes: [UInt8] = []
        for one in all {
            bytes.append(littleEndian: one.address)
            bytes.append(littleEndian: generation)
        }
        for number in [totalBytes, used, 1, 0, 0, 0, 0] { bytes.append(littleEndian: number) }
        bytes += all.map(\.level)
        bytes.append(zeros: 10)
        return bytes
    }
}
