import SystemPackage
import TestSupport
import Testing

/// A disk with a partition of each kind, made by sfdisk, mkfs and mtools without root or mounts.
struct SampleDisk {
    let path: FilePath

    init(at path: FilePath) throws {
        self.path = path
        let result = try runTool("bash", ["-euc", Self.script, "disk", path.string])
        try #require(result.status == 0, "\(result.output)")
    }

    private static let script = #"""
        work=$(mktemp -d "$1.XXXX"); trap 'rm -rf "$work"' EXIT
        truncate -s 720M "$1"
        sfdisk -q "$1" <<'TABLE'
        label: gpt
        label-id: 11111111-2222-4333-8444-555555555555
        start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="bios"
        start=4096, size=98304, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="esp"
        start=102400, size=131072, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root", attrs="LegacyBIOSBootable"
        start=233472, size=716800, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="data"
        start=950272, size=262144, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
        start=1212416, size=20480, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
        start=1232896, size=20480, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="empty"
        TABLE
        put() { dd if="$work/part" of="$1" bs=1M seek="$2" conv=notrunc,sparse status=none; rm "$work/part"; }
        mkdir -p "$work/tree/etc" "$work/tree/usr/lib" "$work/tree/boot/grub"
        printf 'PRETTY_NAME="Sample Linux 7 (test)"\nNAME=x\nID=sample\nVERSION_ID='"'7'"'\n' >"$work/tree/usr/lib/os-release"
        ln -s ../usr/lib/os-release "$work/tree/etc/os-release"
        touch "$work/tree/boot/vmlinuz-6.1.0-9-amd64" "$work/tree/boot/vmlinuz-6.12.3" "$work/tree/boot/vmlinuz.old"
        truncate -s 48M "$work/part" && mkfs.vfat -F 32 -s 1 -n ESPLABEL -i CAFEBABE "$work/part" >/dev/null
        mmd -i "$work/part" ::/EFI ::/EFI/BOOT ::/EFI/debian
        printf x >"$work/loader" && mcopy -i "$work/part" "$work/loader" ::/EFI/BOOT/BOOTX64.EFI
        mcopy -i "$work/part" "$work/loader" ::/EFI/debian/a-long-name-of-a-loader.efi
        mcopy -i "$work/part" "$work/loader" ::/EFI/debian/grub.cfg
        put "$1" 2
        truncate -s 64M "$work/part"
        mke2fs -q -t ext4 -L rootlabel -U 12345678-9abc-4def-8123-456789abcdef -d "$work/tree" "$work/part"
        put "$1" 50
        truncate -s 350M "$work/part" && mkfs.xfs -q -L xfslabel "$work/part" && put "$1" 114
        truncate -s 128M "$work/part" && mkfs.btrfs -q -L btrfslabel "$work/part" && put "$1" 464
        truncate -s 10M "$work/part" && mkswap -q -L swaplabel "$work/part" && put "$1" 592
        """#
}
