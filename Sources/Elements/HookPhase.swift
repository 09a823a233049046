/// The ten phases in which hooks run, in order (compat-core section 3.2).
package enum HookPhase: String, CaseIterable, Hashable, Sendable, Codable {
    case root
    case extraData = "extra-data"
    case preInstall = "pre-install"
    case install
    case postInstall = "post-install"
    case postRoot = "post-root"
    case blockDevice = "block-device"
    case preFinalise = "pre-finalise"
    case finalise
    case cleanup

    /// Where hooks of a phase run: on the build host, or in the image's own root by chroot.
    package enum Place: String, Sendable, Codable {
        case host
        case target
    }

    package var place: Place {
        switch self {
        case .preInstall, .install, .postInstall, .finalise: .target
        case .root, .extraData, .postRoot, .blockDevice, .preFinalise, .cleanup: .host
        }
    }

    /// The directory of an element, and of the merged hook tree, that holds the hooks of this phase.
    package var directoryName: String { rawValue + ".d" }
}
