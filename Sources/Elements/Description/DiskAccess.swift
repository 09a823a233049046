/// What the hooks of an element expect of the disk of the build: `disk:` in `element.yaml`.
package enum DiskAccess: String, Hashable, Sendable, Codable, CaseIterable {
    /// They work whether it is a block device or a regular file.
    case file
    /// They need block devices and mounted file systems.
    case device
}

/// A word in a hook that runs when the disk is there, and that says that the hook looks for a block device.
package struct DeviceMention: Hashable, Sendable {
    package let element: ElementName
    /// The hook below the element's directory: `finalise.d/50-bootloader`.
    package let hook: String
    package let word: String

    package init(element: ElementName, hook: String, word: String) {
        self.element = element
        self.hook = hook
        self.word = word
    }

    package static let phases: [HookPhase] = [.blockDevice, .preFinalise, .finalise, .cleanup]

    /// Names of devices, and of programs that look at devices or at mounted file systems.
    private static let words = [
        "IMAGE_BLOCK_DEVICE", "/dev/loop", "/sys/block", "losetup", "kpartx", "parted", "sgdisk", "sfdisk",
        "grub-install", "grub2-install", "grub-bios-setup", "grub-probe", "grub2-probe", "extlinux", "lilo", "blkid",
        "lsblk", "findmnt", "fstrim", "tune2fs", "resize2fs",
    ]

    /// The first such word in the text of a script, comments left out.
    package static func word(in text: String) -> String? {
        let code = text.split(separator: "\n").filter { $0.drop(while: \.isWhitespace).first != "#" }
        return words.first { word in code.contains { $0.contains(word) } }
    }
}
