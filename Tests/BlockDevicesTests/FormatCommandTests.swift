import Basics
import BlockDevices
import Testing

@Suite struct FormatCommandTests {
    /// Arguments of the mkfs of one filesystem on an image of its own, with what the generator draws made plain.
    private func arguments(
        _ mkfs: String, size: ByteCount = .gibibytes(2), formatters: FormatterFacts = FormatterFacts(),
        timestamp: UInt64? = nil
    ) throws -> String {
        let plan = try layout(
            "- local_loop: {name: a}\n- mkfs: {base: a, label: l, \(mkfs)}", size: size, formatters: formatters,
            timestamp: timestamp)
        let command = try #require(plan.filesystems.first?.command)
        let words = command.arguments.joined(separator: " ")
        let uuid = plan.filesystems[0].uuid
        return (uuid.isEmpty ? words : words.replacing(uuid, with: "UUID"))
            .replacing(/hash_seed=[0-9a-f-]+/, with: "hash_seed=SEED")
            .replacing(LayoutTests.ext4, with: "EXT4")
    }

    private static let extended = "-E assume_storage_prezeroed=1,hash_seed=SEED"

    @Test(arguments: [
        ("type: ext4", "-t ext4 -O EXT4 \(extended) -I 256 -m 5 -b 4096 -i 16384 -L l -U UUID -q"),
        (
            "type: ext4, opts: '  -i 4096   -J size=64 '",
            "-t ext4 -O EXT4 \(extended) -I 256 -m 5 -b 4096 -i 4096 -J size=64 -L l -U UUID -q"
        ),
        (
            "type: ext4, opts: '-E resize=1000000 -O ^metadata_csum -i 4096 -O^64bit -E nodiscard'",
            "-t ext4 -O EXT4,^metadata_csum,^64bit \(extended),resize=1000000,nodiscard -I 256 -m 5 -b 4096 -i 4096 "
                + "-L l -U UUID -q"
        ),
        ("type: ext4, opts: -N 5000", "-t ext4 -O EXT4 \(extended) -I 256 -m 5 -b 4096 -N 5000 -L l -U UUID -q"),
        ("type: ext4, opts: -T news", "-t ext4 -O EXT4 \(extended) -I 256 -m 5 -T news -L l -U UUID -q"),
        (
            "type: ext4, opts: -b 1024 -m 0",
            "-t ext4 -O EXT4 \(extended) -I 256 -m 5 -b 4096 -i 16384 -b 1024 -m 0 -L l -U UUID -q"
        ),
        (
            "type: ext3",
            "-t ext3 -O none,has_journal,ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file \(extended) "
                + "-I 256 -m 5 -b 4096 -i 16384 -L l -U UUID -q"
        ),
        (
            "type: ext2",
            "-t ext2 -O none,ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file \(extended) "
                + "-I 256 -m 5 -b 4096 -i 16384 -L l -U UUID -q"
        ),
        (
            "type: xfs",
            "-t xfs -m crc=1,finobt=1,rmapbt=0,reflink=1,bigtime=1,inobtcount=1,uuid=UUID -i sparse=1,nrext64=0 "
                + "-d agcount=4 -L l -q"
        ),
        (
            "type: xfs, opts: '-m reflink=0,bigtime=0 -i size=1024 -d agsize=100m -K'",
            "-t xfs -m crc=1,finobt=1,rmapbt=0,inobtcount=1,uuid=UUID,reflink=0,bigtime=0 "
                + "-i sparse=1,nrext64=0,size=1024 -d agsize=100m -K -L l -q"
        ),
        ("type: xfs, opts: -m crc=0", "-t xfs -m uuid=UUID,crc=0 -d agcount=4 -L l -q"),
        (
            "type: btrfs, opts: -m single",
            "-t btrfs -d single -m dup --nodesize 16384 --sectorsize 4096 --csum crc32c -m single -L l -U UUID"
        ),
        ("type: swap, opts: ignored", "-L l -U UUID"),
        ("type: f2fs, opts: -q", "-t f2fs -q -L l"),
    ])
    func everyFeatureIsStatedAndTheUserHasTheLastWord(mkfs: String, expected: String) throws {
        #expect(try arguments(mkfs) == expected)
    }

    @Test func smallExtFilesystemsHaveMoreInodes() throws {
        #expect(try arguments("type: ext4", size: .mebibytes(511)).contains(" -i 4096 "))
        #expect(try arguments("type: ext4", size: .mebibytes(512)).contains(" -i 16384 "))
    }

    @Test(arguments: [
        (ByteCount.mebibytes(100), "-t vfat -S 512 -h 0 -i ABCD1234 -s 1 -n L"),
        (.mebibytes(271), "-t vfat -S 512 -h 0 -i ABCD1234 -s 1 -n L"),
        (.mebibytes(272), "-t vfat -F 32 -S 512 -h 0 -i ABCD1234 -s 1 -n L"),
    ])
    func fatIsOf32BitsWhereItCanBe(size: ByteCount, expected: String) throws {
        #expect(try arguments("type: vfat, uuid: abcd-1234, opts: -s 1", size: size) == expected)
    }

    @Test func olderToolsAreNotGivenWhatTheyDoNotKnow() throws {
        let old = FormatterFacts(mke2fsVersion: "mke2fs 1.46.5 (30-Dec-2021)", mkfsXFSVersion: "mkfs.xfs version 5.0.0")
        #expect(
            try arguments("type: ext4", formatters: old).contains(
                "-E lazy_itable_init=1,lazy_journal_init=0,hash_seed=SEED "))
        #expect(try arguments("type: xfs", formatters: old).contains("-i sparse=1 "))
    }

    @Test(
        arguments: [
            ("mke2fs 1.47.0 (5-Feb-2023)", "mkfs.xfs version 6.1.0", FormatterFacts()),
            ("mke2fs 1.47.2 (1-Jan-2025)", nil, FormatterFacts()),
            (
                "mke2fs 1.46.6 (1-Feb-2023)", "mkfs.xfs version 5.18.0",
                FormatterFacts(mke2fsAssumesZeroedStorage: false, mkfsXFSKnowsLargeExtentCounts: false)
            ),
            ("mke2fs 1.48", "mkfs.xfs version 5.19.0", FormatterFacts()),
            (nil, "mkfs.xfs version 10.0", FormatterFacts()),
        ] as [(String?, String?, FormatterFacts)])
    func abilitiesFollowFromVersions(mke2fs: String?, mkfsXFS: String?, facts: FormatterFacts) {
        #expect(FormatterFacts(mke2fsVersion: mke2fs, mkfsXFSVersion: mkfsXFS) == facts)
    }

    @Test func theClockIsAnInput() throws {
        let plan = try layout(StockLayouts.efi, timestamp: 1_700_000_000)
        #expect(
            plan.filesystems.map(\.command.environment) == [
                Environment(["SOURCE_DATE_EPOCH": "1700000000"]),
                Environment([
                    "SOURCE_DATE_EPOCH": "1700000000", "E2FSPROGS_FAKE_TIME": "1700000000",
                    "MKE2FS_CONFIG": "/nonexistent/mke2fs.conf",
                ]),
            ])
    }
}
