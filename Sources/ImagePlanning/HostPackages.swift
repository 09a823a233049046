/// Which package has a program or keyring, by family of distributions.
///
/// A table, not a query: `ingot doctor` must answer on a host whose package lists are stale or absent.
enum HostPackages {
    /// Package managers that we can write a command for.
    enum Manager: CaseIterable {
        case apt
        case dnf

        var command: String {
            switch self {
            case .apt: "apt-get install -y"
            case .dnf: "dnf install -y"
            }
        }

        init?(_ distribution: HostFacts.Distribution) {
            if distribution.isLike("debian") || distribution.isLike("ubuntu") {
                self = .apt
            } else if distribution.isLike("fedora") || distribution.isLike("rhel") {
                self = .dnf
            } else {
                return nil
            }
        }
    }

    /// The package of a program; where the table says nothing, it is called like the program.
    static func package(of name: String, for manager: Manager) -> String {
        let isUserEmulator = name.hasPrefix("qemu-") && name.hasSuffix("-static")
        let names = isUserEmulator ? ("qemu-user-static", "qemu-user-static") : table[name]
        switch manager {
        case .apt: return names?.apt ?? name
        case .dnf: return names?.dnf ?? name
        }
    }

    private static let table: [String: (apt: String, dnf: String)] = [
        "mkfs": ("util-linux", "util-linux"), "pvcreate": ("lvm2", "lvm2"), "vgcreate": ("lvm2", "lvm2"),
        "lvchange": ("lvm2", "lvm2"), "vgchange": ("lvm2", "lvm2"), "lvremove": ("lvm2", "lvm2"),
        "vgremove": ("lvm2", "lvm2"),
        "fstrim": ("util-linux", "util-linux"), "find": ("findutils", "findutils"), "mount": ("mount", "util-linux"),
        "mkswap": ("util-linux", "util-linux"),
        "mkfs.ext2": ("e2fsprogs", "e2fsprogs"), "mkfs.ext3": ("e2fsprogs", "e2fsprogs"),
        "mkfs.ext4": ("e2fsprogs", "e2fsprogs"), "mkfs.xfs": ("xfsprogs", "xfsprogs"),
        "mkfs.btrfs": ("btrfs-progs", "btrfs-progs"), "mkfs.vfat": ("dosfstools", "dosfstools"),
        "qemu-img": ("qemu-utils", "qemu-img"), "mksquashfs": ("squashfs-tools", "squashfs-tools"),
        "unsquashfs": ("squashfs-tools", "squashfs-tools"),
        "mkfs.erofs": ("erofs-utils", "erofs-utils"), "libarchive.so.13": ("libarchive13", "libarchive"),
        "docker": ("docker.io", "moby-engine"), "lvcreate": ("lvm2", "lvm2"), "yum": ("yum", "dnf"),
        "qemu-system-x86_64": ("qemu-system-x86", "qemu-system-x86"),
        "qemu-system-aarch64": ("qemu-system-arm", "qemu-system-aarch64"),
        "libparted.so.2": ("libparted2", "parted"),
        "grub-mkimage": ("grub-common grub-pc-bin", "grub2-tools-extra grub2-pc-modules"),
        "debian-archive-keyring.gpg": ("debian-archive-keyring", "debian-keyring"),
        "ubuntu-archive-keyring.gpg": ("ubuntu-keyring", "ubu-keyring"),
    ]
}
