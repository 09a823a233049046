/// sgdisk's four-digit codes of GPT partition types, which block-device documents use, as type GUIDs.
///
/// The Linux, EFI, boot and common foreign types; any other type can be given by its GUID.
/// Source: `sgdisk -L` and the UAPI Discoverable Partitions Specification, checked against sgdisk 1.0.9 by a test.
package enum PartitionTypeCode {
    private static let guids: [UInt16: String] = [
        0x0700: "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7",  // Microsoft basic data
        0x0C01: "e3c9e316-0b5c-4db8-817d-f92df00215ae",  // Microsoft reserved
        0x2700: "de94bba4-06d1-4d40-a16a-bfd50179d6ac",  // Windows recovery
        0x4100: "9e1a2d38-c612-4316-aa26-8b49521e5a8b",  // PowerPC PReP boot
        0x7F00: "fe3a2a5d-4f32-41a7-b725-accc3285a309",  // ChromeOS kernel
        0x7F01: "3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec",  // ChromeOS root
        0x8200: "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",  // Linux swap
        0x8300: "0fc63daf-8483-4772-8e79-3d69d8477de4",  // Linux filesystem
        0x8301: "8da63339-0007-60c0-c436-083ac8230908",  // Linux reserved
        0x8302: "933ac7e1-2eb4-4f13-b844-0e14e2aef915",  // Linux /home
        0x8303: "44479540-f297-41b2-9af7-d131d5f0458a",  // Linux x86 root
        0x8304: "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",  // Linux x86-64 root
        0x8305: "b921b045-1df0-41c3-af44-4c6f280d3fae",  // Linux ARM64 root
        0x8306: "3b8f8425-20e0-4f3b-907f-1a25a76f98e8",  // Linux /srv
        0x8307: "69dad710-2ce4-4e3c-b16c-21a1d49abed3",  // Linux ARM32 root
        0x8308: "7ffec5c9-2d00-49b7-8941-3ea10a5586b7",  // Linux dm-crypt
        0x8309: "ca7d7ccb-63ed-4c53-861c-1742536059cc",  // Linux LUKS
        0x830B: "d13c5d3b-b5d1-422a-b29f-9454fdc89d76",  // Linux x86 root verity
        0x830C: "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5",  // Linux x86-64 root verity
        0x830D: "7386cdf2-203c-47a9-a498-f2ecce45a2d6",  // Linux ARM32 root verity
        0x830E: "df3300ce-d69f-4c92-978c-9bfb0f38d820",  // Linux ARM64 root verity
        0x8310: "4d21b016-b534-45c2-a9fb-5c16e091fd2d",  // Linux /var
        0x8311: "7ec6f557-3bc5-4aca-b293-16ef5df639d1",  // Linux /var/tmp
        0x8312: "773f91ef-66d4-49b5-bd83-d683bf40ad16",  // Linux user's home
        0x8313: "75250d76-8cc6-458e-bd66-bd47cc81a812",  // Linux x86 /usr
        0x8314: "8484680c-9521-48c6-9c11-b0720656f69e",  // Linux x86-64 /usr
        0x8315: "7d0359a3-02b3-4f0a-865c-654403e70625",  // Linux ARM32 /usr
        0x8316: "b0e01050-ee5f-4390-949a-9101b17104e9",  // Linux ARM64 /usr
        0x8319: "77ff5f63-e7b6-4633-acf4-1565b864c0e6",  // Linux x86-64 /usr verity
        0x831B: "6e11a4e7-fbca-4ded-b9e9-e1a512bb664e",  // Linux ARM64 /usr verity
        0x8E00: "e6d6d379-f507-44c2-a23c-238f2a3df928",  // Linux LVM
        0xA500: "516e7cb4-6ecf-11d6-8ff8-00022d09712b",  // FreeBSD disklabel
        0xA501: "83bd6b9d-7f41-11dc-be0b-001560b84f0f",  // FreeBSD boot
        0xA502: "516e7cb5-6ecf-11d6-8ff8-00022d09712b",  // FreeBSD swap
        0xA503: "516e7cb6-6ecf-11d6-8ff8-00022d09712b",  // FreeBSD UFS
        0xA504: "516e7cba-6ecf-11d6-8ff8-00022d09712b",  // FreeBSD ZFS
        0xAF00: "48465300-0000-11aa-aa11-00306543ecac",  // Apple HFS/HFS+
        0xB000: "3de21764-95bd-54bd-a5c3-4abe786f38a8",  // U-Boot boot loader
        0xBF00: "6a85cf4d-1dd2-11b2-99a6-080020736631",  // Solaris root
        0xBF01: "6a898cc3-1dd2-11b2-99a6-080020736631",  // Solaris /usr, ZFS
        0xEA00: "bc13c2ff-59e6-4262-a352-b275fd6f7172",  // XBOOTLDR
        0xEF00: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  // EFI system
        0xEF01: "024dee41-33e7-11d3-9d69-0008c781f39f",  // MBR partition scheme
        0xEF02: "21686148-6449-6e6f-744e-656564454649",  // BIOS boot
        0xFD00: "a19d880f-05fc-4d3b-a006-743f0f84911e",  // Linux RAID
    ]

    /// The type GUID of a code (`EF00`, `0x4100`), or of a GUID itself, in lower case.
    package static func guid(for text: String) -> String? {
        let lower = text.lowercased()
        if lower.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/) != nil { return lower }
        let digits = lower.hasPrefix("0x") ? String(lower.dropFirst(2)) : lower
        guard (1...4).contains(digits.count), digits.allSatisfy(\.isHexDigit),
            let code = UInt16(digits, radix: 16)
        else { return nil }
        // sgdisk reads a two-digit MBR type as its GPT relative.
        return guids[code < 0x100 ? code << 8 : code]
    }

    /// Every code of the table, for checking against sgdisk.
    package static var codes: [UInt16] { guids.keys.sorted() }
}
