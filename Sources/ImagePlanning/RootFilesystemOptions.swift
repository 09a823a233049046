import Basics
package import BlockDevices

/// The mkfs options of the root file system that a request implies (compat-core section 7.2).
package enum RootFilesystemOptions {
    /// Options for a root of `type`, the user's last so that they win.
    ///
    /// The number of inodes is upstream's, one for each 4 KiB, unless the format states one and the user states none.
    /// `features` are those that elements ask for or, with `^`, that their systems' programs do not know.
    package static func text(type: String, request: BuildRequest, format: RootFormat, features: [String]) -> String {
        var words: [String] = []
        if let resize = request.maxOnlineResize { words += ["-E", "resize=\(resize)"] }
        if type == "ext4" {
            // GRUB and e2fsck of that release cannot read checksummed metadata.
            let trusty = request.environment["DIB_RELEASE"] == "trusty" ? ["^metadata_csum"] : []
            let all = features + trusty.filter { !features.contains($0) }
            if !all.isEmpty { words += ["-O", all.joined(separator: ",")] }
            let userWords = request.mkfsOptions.split(whereSeparator: \.isWhitespace)
            let isStated = userWords.contains { word in ["-i", "-N", "-T"].contains { word.hasPrefix($0) } }
            if let inodes = format.inodes {
                words += isStated ? [] : ["-N", "\(inodes)"]
            } else {
                words += ["-i", "4096"]
            }
            words += ["-J", "size=\(format.journal ?? 64)"]
        }
        if !request.mkfsOptions.isEmpty { words.append(request.mkfsOptions) }
        return words.joined(separator: " ")
    }
}
