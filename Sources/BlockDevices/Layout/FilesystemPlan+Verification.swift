extension FilesystemPlan {
    /// Whether it is of a type that libblkid is sure to know.
    package var isRecognisable: Bool { type.family != .other }

    /// How what libblkid finds differs from this plan, in words; nil if it does not.
    ///
    /// fstab and the kernel's command line name labels and UUIDs: a filesystem that has others is never found again.
    package func mismatch(type found: String, label foundLabel: String?, uuid foundUUID: String?) -> String? {
        var differences: [String] = []
        if !acceptedTypes.isEmpty, !acceptedTypes.contains(found) {
            differences.append("its type is '\(found)', not '\(type)'")
        }
        if isRecognisable || foundLabel != nil, (foundLabel ?? "") != label {
            differences.append("its label is '\(foundLabel ?? "")', not '\(label)'")
        }
        if !uuid.isEmpty, foundUUID?.lowercased() != uuid.lowercased() {
            differences.append("its UUID is '\(foundUUID ?? "")', not '\(uuid)'")
        }
        return differences.isEmpty ? nil : differences.joined(separator: ", ")
    }

    /// libblkid's names; empty if any will do.
    private var acceptedTypes: Set<String> {
        switch type.family {
        // The user's features decide what the kernel calls it.
        case .ext: options.isEmpty ? [type.name] : ["ext2", "ext3", "ext4"]
        case .fat: ["vfat"]
        case .xfs, .btrfs, .swap, .squashfs, .erofs: [type.name]
        case .other: []
        }
    }
}
