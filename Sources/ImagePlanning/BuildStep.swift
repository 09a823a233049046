package import Elements

/// One step of a build; a closed set, carried out one after another by `ImageAssembler`.
package enum BuildStep: Hashable, Sendable {
    case stageHooks
    case describeBlockDevice
    case runHooks(HookPhase)
    case checkRoot
    case prepareTarget
    case installPackages([String])
    case releaseTarget
    case measureTree
    case createBlockDevice
    case transferTree
    case tidyTarget
    case archive([TreeFormat])
    case releaseBlockDevice
    case convert([OutputFormat])

    /// What people read in progress displays and plans.
    package var title: String {
        switch self {
        case .stageHooks: "stage hooks"
        case .describeBlockDevice: "describe block device"
        case .runHooks(let phase): "\(phase.rawValue) hooks"
        case .checkRoot: "check root tree"
        case .prepareTarget: "prepare target"
        case .installPackages(let packages): "install \(packages.count) package\(packages.count == 1 ? "" : "s")"
        case .releaseTarget: "release target"
        case .measureTree: "measure tree"
        case .createBlockDevice: "create block device"
        case .transferTree: "transfer tree"
        case .tidyTarget: "tidy target"
        case .archive(let formats): "write \(formats.map(\.rawValue).joined(separator: ", "))"
        case .releaseBlockDevice: "release block device"
        case .convert(let formats): "write \(formats.map(\.name).joined(separator: ", "))"
        }
    }
}
