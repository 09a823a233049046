package import SystemPackage

/// What shall be booted, and what it has to prove.
package struct BootTestRequest: Sendable, Equatable {
    /// How far the guest has to come.
    package enum Level: String, Sendable, Equatable, Codable, CaseIterable {
        /// A shell on the image's root file system, started by the image's kernel in place of its init.
        case root
        /// systemd's multi-user target, with every job done and no failed unit.
        case system
        /// The `/init` of an initial ramdisk, at work; what images of this kind are always asked for.
        case ramdisk
    }

    /// How the question reaches the guest.
    package enum Injection: Sendable, Equatable {
        /// By the kernel's arguments: in grub.cfg of a throw-away copy, or straight from QEMU with `kernel`.
        case kernelArguments
        /// By a NoCloud seed, for images with cloud-init; boots them exactly as they are.
        case seed
    }

    package var image: FilePath
    /// Boot this kernel instead of what is on the disk: for images of a bare file system.
    package var kernel: FilePath?
    package var initrd: FilePath?
    /// Kernel arguments beside `console=` and `init=`; nil means `root=…` as found in the image, and `ro`.
    package var append: String?
    /// Nil means what the image is made for; see `ThrowawayDisk.likelyFirmware`.
    package var firmware: Firmware?
    /// A file of the EFI system partition that the firmware shall start by a boot entry, instead of EFI/BOOT/BOOTX64.EFI.
    package var loader: String?
    /// Bytes of a logical sector of the disk, 512 or 4096; nil means what the partition table is made for.
    package var sectorSize: UInt64?
    package var level = Level.root
    package var injection = Injection.kernelArguments
    package var memoryMebibytes = 1024
    package var timeLimit = Duration.seconds(300)
    /// Give the guest a network that has DHCP and leads nowhere; without it there is none.
    package var hasNetwork = false
    /// Keep the serial log here; nil keeps it only if the test fails, under a name of its own.
    package var log: FilePath?

    package init(image: FilePath) { self.image = image }
}
