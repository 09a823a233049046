import Basics

/// The mkfs options of the root file system that a request implies (compat-core section 7.2).
package enum RootFilesystemOptions {
    /// Options for a root of `type`, the user's last so that they win.
    ///
    /// `journal` is in MiB.
    package static func text(type: String, request: BuildRequest, journal: UInt64) -> String {
        var words: [String] = []
        if let resize = request.maxOnlineResize { words += ["-E", "resize=\(resize)"] }
        if type == "ext4" {
            // GRUB and e2fsck of that release cannot read checksummed metadata.
            if request.environment["DIB_RELEASE"] == "trusty" { words += ["-O", "^metadata_csum"] }
            words += ["-i", "4096", "-J", "size=\(journal)"]
        }
        if !request.mkfsOptions.isEmpty { words.append(request.mkfsOptions) }
        return words.joined(separator: " ")
    }
}
