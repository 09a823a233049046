import BlockDevices
import Testing

/// compat-blockdevice section 14.
@Suite struct SymbolTests {
    private func answers(_ yaml: String, _ parameters: BlockDeviceParameters = buildParameters) throws -> [String] {
        let configuration = try BlockDeviceConfiguration(yaml: yaml).merging(parameters)
        return try BlockDeviceSymbol.allCases.filter(\.isOfDocument).map { symbol throws(BlockDeviceError) in
            try configuration.value(of: symbol)
        }
    }

    @Test(arguments: [
        (StockLayouts.mbr, ["cloudimg-rootfs", "ext4", "", "/"]),
        (StockLayouts.efi, ["cloudimg-rootfs", "ext4", "", "/boot/efi|/"]),
        (StockLayouts.efiLVM, ["img-rootfs", "xfs", "", "/boot/efi|/|/var|/home"]),
        (Documents.multiplePartitionsTree, ["img-rootfs", "xfs", "", "/|/var|/var/log|none"]),
        (
            "- mkfs: {name: r, base: a, type: ext4, label: Root, mount: {mount_point: /}}\n"
                + "- mkfs: {name: b, base: c, type: vfat, mount: {mount_point: /boot}}",
            ["Root", "ext4", "b", "/|/boot"]
        ),
        (
            "- mkfs: {name: r, base: a, type: vfat, label: Root, mount: {mount_point: /}}\n"
                + "- mkfs: {name: b, base: c, type: vfat, label: kernels, mount: {mount_point: /boot}}",
            ["Root", "vfat", "kernels", "/|/boot"]
        ),
    ])
    func theDocumentAnswersInItsOwnWordsAndOrder(yaml: String, expected: [String]) throws {
        #expect(try answers(yaml) == expected)
    }

    @Test func aRootWithoutLabelIsNamed() throws {
        let error = #expect(throws: BlockDeviceError.self) {
            try answers("- mkfs: {name: fs_root, base: a, type: ext4, mount: {mount_point: /}}")
        }
        #expect(
            error?.description
                == "root filesystem 'fs_root' must state its 'label' (at [0].mkfs, line 1)")
        let none = #expect(throws: BlockDeviceError.self) { try answers("- local_loop: {name: a}") }
        #expect(none?.message == "no filesystem is mounted at '/'")
    }

    @Test func devicesArePrintedForBash() {
        #expect(
            BlockDeviceSymbol.imageBlockDevices([("image0", "/dev/loop7"), ("root", "/dev/mapper/loop7p1")])
                == " [image0]=/dev/loop7  [root]=/dev/mapper/loop7p1 ")
    }
}
