package import Basics
package import BlockDevices
import Elements

extension BuildPlan {
    /// `ingot build` sizes exactly, upstream's names as upstream; whoever asks for free space wants it exactly.
    package var sizingMode: SizingMode { request.sizingMode }

    /// How the size of the disk will follow from the measured tree by upstream's rule (compat-core section 7.1).
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

    /// The size of the disk that was asked for: the very one in exact sizing, with upstream's additions else.
    package var statedImageSize: ByteCount? {
        guard case .fixed(let gibibytes) = sizeBasis else { return nil }
        if sizingMode == .compatible { return sizing.size(treeKibibytes: 0).image }
        return ByteCount(UInt64(gibibytes * 1_073_741_824)).roundedUp(to: DiskSizer.granularity)
    }

    /// Room in the root filesystem beside the tree.
    ///
    /// None is demanded of a stated size, unless it is stated, too.
    package var freeSpace: FreeSpace {
        guard sizingMode == .exact else { return .bytes(.zero) }
        if let stated = request.freeSpace { return stated }
        if request.imageSize != nil { return .bytes(.zero) }
        guard let extra = request.imageExtraSize.flatMap({ Double(leading: $0) }), extra >= 0 else { return .standard }
        return .bytes(ByteCount(UInt64(min(extra, 1e12) * 1_048_576)))
    }

    /// Finds sizes for a tree; `parameters` are those of the graph with the paths of the build.
    package func diskSizer(
        for survey: TreeSurvey, parameters: BlockDeviceParameters, generator: SeededGenerator
    ) throws -> DiskSizer {
        let type = blockDevice.rootFilesystemType
        let request = request
        let features = descriptions.ext4Features
        let journal = request.journalSize.flatMap { UInt64($0) } ?? RootFormat.journal(tree: survey.allocated)
        return try DiskSizer(
            configuration: BlockDeviceConfiguration(yaml: document.text), parameters: parameters,
            survey: finaliseRoom.added(to: survey), free: freeSpace,
            rule: sizingMode == .exact
                ? .exact(journal: journal) : .compatible(sizing, treeKibibytes: survey.kibibytes),
            generator: generator
        ) { RootFilesystemOptions.text(type: type, request: request, format: $0, features: features) }
    }

    /// Refuses a stated size that the layout does not fit, whatever the tree will be.
    func refuseUnlessLayoutFits() throws {
        let size = statedImageSize
        guard size != nil || graph.localLoops.allSatisfy({ $0.size != nil }) else { return }
        var parameters = graph.parameters
        parameters.imageDirectory = "/"
        let sizer = try diskSizer(for: TreeSurvey(), parameters: parameters, generator: SeededGenerator(seed: 0))
        do { _ = try sizer.fit(at: size ?? .zero) } catch {
            let least = try? sizer.smallest()
            throw PlanError(
                "\(error)",
                hint: least.map {
                    "without any tree the layout takes --image-size \(imageSizeText(for: $0.image)) (DIB_IMAGE_SIZE)"
                } ?? "no size of the disk is enough for this layout")
        }
    }

    /// The value of `--image-size` that gives a disk of at least this size: GiB, with three digits.
    package func imageSizeText(for image: ByteCount) -> String {
        let padding = sizingMode == .compatible ? sizing.padding.bytes : 0
        let thousandths = UInt64((Double(image.bytes - min(image.bytes, padding)) / 1_073_741.824).rounded(.up))
        let digits = String(thousandths % 1000 + 1000).dropFirst()
        return "\(thousandths / 1000).\(digits)"
    }
}

extension BuildRequest {
    var sizingMode: SizingMode {
        sizing ?? (freeSpace != nil || mode == .native ? .exact : .compatible)
    }
}
