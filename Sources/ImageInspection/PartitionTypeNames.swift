/// Partition types in words, for those that images have.
///
/// Sources: the Discoverable Partitions Specification, and the types of MBR as sfdisk lists them.
enum PartitionTypeNames {
    /// `type` is two hexadecimal digits or a GUID, in either case of letters.
    static func name(of type: String) -> String? { names[type.uppercased()] }

    private static let names: [String: String] = [
        "05": "extended", "07": "NTFS or exFAT", "0B": "FAT32", "0C": "FAT32 (LBA)", "0E": "FAT16 (LBA)",
        "0F": "extended (LBA)", "82": "Linux swap", "83": "Linux", "85": "Linux extended", "8E": "Linux LVM",
        "EE": "GPT protection", "EF": "EFI system", "FD": "Linux RAID",
        "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": "EFI system",
        "21686148-6449-6E6F-744E-656564454649": "BIOS boot",
        "0FC63DAF-8483-4772-8E79-3D69D8477DE4": "Linux filesystem",
        "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": "Linux swap",
        "E6D6D379-F507-44C2-A23C-238F2A3DF928": "Linux LVM",
        "A19D880F-05FC-4D3B-A006-743F0F84911E": "Linux RAID",
        "BC13C2FF-59E6-4262-A352-B275FD6F7172": "Linux extended boot",
        "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709": "Linux root (x86-64)",
        "44479540-F297-41B2-9AF7-D131D5F0458A": "Linux root (x86)",
        "B921B045-1DF0-41C3-AF44-4C6F280D3FAE": "Linux root (ARM 64)",
        "69DAD710-2CE4-4E3C-B16C-21A1D49ABED3": "Linux root (ARM)",
        "933AC7E1-2EB4-4F13-B844-0E14E2AEF915": "Linux home",
        "3B8F8425-20E0-4F3B-907F-1A25A76F98E8": "Linux server data",
        "4D21B016-B534-45C2-A9FB-5C16E091FD2D": "Linux variable data",
        "CA7D7CCB-63ED-4C53-861C-1742536059CC": "Linux LUKS",
        "9E1A2D38-C612-4316-AA26-8B49521E5A8B": "PowerPC PReP boot",
        "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": "Microsoft basic data",
        "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": "Microsoft reserved",
    ]
}
