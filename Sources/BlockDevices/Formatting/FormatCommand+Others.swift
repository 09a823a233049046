import Basics

extension FormatCommand {
    /// From this size on a FAT32 has the clusters it must have (65 525); UEFI wants FAT32 for a system partition.
    private static let fat32Limit: UInt64 = 272 << 20
    /// Sizes for which four allocation groups are neither too small nor beyond the limit of 1 TiB each.
    private static let xfsGroupedLimits: ClosedRange<UInt64> = (512 << 20)...(2 << 40)

    /// FAT: the sector size and the hidden sectors are stated because a loop device with an offset knows neither.
    static func fat(_ filesystem: Filesystem, volumeIdentifier: String, site: FormatSite) -> FormatCommand {
        var arguments = ["-t", filesystem.type.name]
        if let size = site.size?.bytes, size >= fat32Limit { arguments += ["-F", "32"] }
        arguments += ["-S", String(site.sectorSize)]
        arguments += ["-h", String((site.window?.offset ?? 0) / site.sectorSize), "-i", volumeIdentifier]
        arguments += filesystem.options + ["-n", filesystem.label]
        let environment = Environment(site.timestamp.map { ["SOURCE_DATE_EPOCH": String($0)] } ?? [:])
        return FormatCommand(program: "mkfs", arguments: arguments, environment: environment)
    }

    /// XFS version 5 with what kernels since 5.10 read.
    ///
    /// The number of allocation groups is stated because newer mkfs.xfs derives it from the build host's processors.
    static func xfs(_ filesystem: Filesystem, uuid: String, site: FormatSite) -> FormatCommand {
        var options = MkfsOptions(filesystem.options)
        let userMetadata = options.take("-m")
        let userInodes = options.take("-i")
        let userData = options.take("-d")
        var metadata = ["crc=1", "finobt=1", "rmapbt=0", "reflink=1", "bigtime=1", "inobtcount=1"]
        var inodes = ["sparse=1"]
        if site.formatters.mkfsXFSKnowsLargeExtentCounts { inodes.append("nrext64=0") }
        if userMetadata.contains("crc=0") {
            // Version 4: none of the others exists.
            metadata = []
            inodes = []
        }
        var data: [String] = []
        let isGrouped = userData.contains {
            ["agcount", "agsize", "concurrency", "su", "sw"].contains($0.prefix { $0 != "=" })
        }
        if !isGrouped, let size = site.size?.bytes, xfsGroupedLimits.contains(size) { data = ["agcount=4"] }
        var arguments = ["-t", filesystem.type.name]
        arguments += ["-m", MkfsOptions.merged(metadata + ["uuid=\(uuid)"], with: userMetadata)]
        if !(inodes + userInodes).isEmpty { arguments += ["-i", MkfsOptions.merged(inodes, with: userInodes)] }
        if !(data + userData).isEmpty { arguments += ["-d", MkfsOptions.merged(data, with: userData)] }
        arguments += options.words + ["-L", filesystem.label, "-q"]
        return FormatCommand(program: "mkfs", arguments: arguments)
    }

    /// btrfs on one device: data once, metadata twice.
    static func btrfs(_ filesystem: Filesystem, uuid: String) -> FormatCommand {
        var arguments = ["-t", filesystem.type.name, "-d", "single", "-m", "dup"]
        arguments += ["--nodesize", "16384", "--sectorsize", "4096", "--csum", "crc32c"]
        arguments += filesystem.options + ["-L", filesystem.label, "-U", uuid]
        return FormatCommand(program: "mkfs", arguments: arguments)
    }
}
