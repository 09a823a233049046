import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A small Debian that the boot tests put on disks: no element and no engine has a part in it.
///
/// The bootstrap takes a minute or two and is kept in `.build/boot-tests`; remove it to get newer packages.
struct SampleSystem {
    let folder: FilePath
    var tree: FilePath { folder.appending("tree") }

    private static let archive = Checkout.root.appending(".build/boot-tests/bookworm-loaders-iscsi.tar")
    private static let packages = """
        linux-image-cloud-amd64,systemd-sysv,udev,grub-pc-bin,grub2-common,grub-efi-amd64-bin,grub-efi-amd64-signed,\
        shim-signed,efibootmgr,open-iscsi,xfsprogs,btrfs-progs,dosfstools
        """
    private static let uuid = "5f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0"
    static let label = "ingot-root"

    enum Layout: String, CaseIterable {
        case mbr
        case gpt

        var script: String {
            switch self {
            case .mbr: "label: dos\nlabel-id: 0x1d0c0de5\nstart=2048, type=83, bootable\n"
            case .gpt:
                """
                label: gpt
                start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
                start=4096, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709

                """
            }
        }
        var rootSector: UInt64 { self == .mbr ? 2048 : 4096 }
    }

    /// Unpacks the system into `folder`, with a menu and GRUB's images made by its own tools.
    init(in folder: FilePath) throws {
        self.folder = folder
        let archive = try Self.bootstrapped()
        try Self.shell(
            """
            mkdir '\(tree)' && tar xpf '\(archive)' -C '\(tree)' --numeric-owner --exclude='./dev/*'
            cd '\(tree)'
            rm -rf var/lib/apt/lists/* usr/share/doc/* usr/share/locale/*
            echo 'LABEL=\(Self.label) / ext4 defaults 0 1' > etc/fstab
            : > etc/machine-id
            mkdir -p boot/grub/i386-pc && cp usr/lib/grub/i386-pc/*.mod usr/lib/grub/i386-pc/*.lst boot/grub/i386-pc/
            cat > boot/grub/grub.cfg <<'E'
            set timeout=5
            menuentry sample {
                linux /vmlinuz root=LABEL=\(Self.label) ro quiet
                initrd /initrd.img
            }
            E
            printf '%s\\n' 'search.fs_uuid \(Self.uuid) root' 'set prefix=($root)/boot/grub' > early.cfg
            chroot . grub-mkimage -O i386-pc -p /boot/grub -c /early.cfg -o /boot/grub/i386-pc/core.img \\
                biosdisk part_msdos part_gpt ext2 search_fs_uuid
            """)
    }

    /// The tar archive that all tests of this group start from.
    static func bootstrapped() throws -> FilePath {
        if access(archive.string, R_OK) == 0 { return archive }
        try shell(
            """
            mkdir -p '\(archive.removingLastComponent())'
            mmdebstrap --quiet --variant=minbase --include=\(packages) bookworm '\(archive).part.tar'
            mv '\(archive).part.tar' '\(archive)'
            """)
        return archive
    }

    /// A disk of 1 GiB with the system on it; boot code only if asked for.
    func disk(_ layout: Layout, bootCode: Bool = true) throws -> FilePath {
        let disk = folder.appending("\(layout.rawValue).raw")
        try Self.shell(
            """
            truncate -s 1G '\(disk)'
            printf '\(layout.script.replacing("\n", with: "\\n"))' | sfdisk -q '\(disk)'
            mkfs.ext4 -q -F -L \(Self.label) -U \(Self.uuid) -d '\(tree)' \\
                -E offset=$((\(layout.rootSector) * 512)),lazy_itable_init=1 '\(disk)' 1020M
            """)
        if bootCode {
            try GrubBootCode.install(
                bootImage: tree.appending("usr/lib/grub/i386-pc/boot.img"),
                coreImage: tree.appending("boot/grub/i386-pc/core.img"), disk: disk)
        }
        return disk
    }

    /// The system as one bare file system.
    func filesystem() throws -> FilePath {
        let image = folder.appending("root.ext4")
        try Self.shell("truncate -s 1G '\(image)' && mkfs.ext4 -q -F -L \(Self.label) -d '\(tree)' '\(image)'")
        return image
    }

    static func shell(_ script: String) throws {
        let result = try runTool("bash", ["-c", "set -eu -o pipefail\n" + script])
        try #require(result.status == 0, "\(result.output.suffix(2000))")
    }
}

/// Ends a program that `timeout` runs, with it.
///
/// At once: what is in a machine counts no more. SIGTERM is no way: programs inherit the signals that the thread blocks which
/// starts them, and threads of Dispatch block it. `timeout` leads a process group of its own.
func stop(_ process: Process) {
    if process.isRunning { kill(-process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
}
