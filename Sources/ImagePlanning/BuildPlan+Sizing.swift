package import BlockDevices
import Elements

extension BuildPlan {
    /// How the size of the disk will follow from the measured tree (compat-core section 7.1).
    package var sizing: ImageSizing {
        ImageSizing(
            basis: sizeBasis, graph: graph, rootFilesystemType: blockDevice.rootFilesystemType,
            journal: request.journalSize.flatMap { UInt64($0) }, isEFI: isEFI)
    }

    /// An explicit size beats an explicit amount of free space.
    private var sizeBasis: ImageSizing.Basis {
        if let size = request.imageSize.flatMap({ Double(leading: $0) }) { return .fixed(gibibytes: size) }
        if let extra = request.imageExtraSize.flatMap({ Double(leading: $0) }) { return .extra(mebibytes: extra) }
        return .proportional
    }

    /// By the name of the element, as upstream: the layout itself may have an ESP without it.
    package var isEFI: Bool { selection.containsName(including: "block-device-efi") }
}
