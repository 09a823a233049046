import Basics

extension FormatCommand {
    /// The user's own words, or the compression that every kernel with the driver reads.
    static func squashfs(_ filesystem: Filesystem, site: FormatSite) -> FormatCommand {
        FormatCommand(
            program: "mksquashfs", arguments: filesystem.options.isEmpty ? ["-comp", "xz"] : filesystem.options,
            environment: clock(site))
    }

    static func erofs(_ filesystem: Filesystem, uuid: String, site: FormatSite) -> FormatCommand {
        FormatCommand(
            program: "mkfs.erofs",
            arguments: (filesystem.options.isEmpty ? ["-zlz4hc"] : filesystem.options) + ["-U", uuid],
            environment: clock(site))
    }

    /// Both programs write no time after it, that of the making included.
    private static func clock(_ site: FormatSite) -> Environment {
        Environment(site.timestamp.map { ["SOURCE_DATE_EPOCH": String($0)] } ?? [:])
    }
}
