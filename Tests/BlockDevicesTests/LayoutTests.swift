import Basics
import BlockDevices
import Testing

@Suite struct LayoutTests {
    @Test func theFallbackIsAFilesystemOnTheWholeImage() throws {
        var parameters = buildParameters
        parameters.rootFilesystemOptions = "-i 4096 -J size=64"
        var generator = SeededGenerator(seed: 1)
        let plan = try BlockDeviceLayout(
            BlockDeviceGraph(.fallback, parameters: parameters), using: &generator)
        #expect(
            plan.text == """
                image image0 /img/image0.raw 2147483648 sector 512
                device image0 image0+0 2147483648
                MKE2FS_CONFIG=/nonexistent/mke2fs.conf mkfs -t ext4 -O \(Self.ext4) -E assume_storage_prezeroed=1,hash_seed=\(Self.uuids[1]) -I 256 -m 5 -b 4096 -i 4096 -J size=64 -L cloudimg-rootfs -U \(Self.uuids[0]) -q <image0>
                mount <image0> /build/mnt (trim)
                fstab:
                LABEL=cloudimg-rootfs / ext4 defaults 0 1

                """)
    }

    static let ext4 =
        "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
        + "large_file,huge_file,dir_nlink,extra_isize,metadata_csum"

    /// The first UUIDs of seed 1.
    static let uuids: [String] = {
        var generator = SeededGenerator(seed: 1)
        return (0..<16).map { _ in randomUUID(using: &generator) }
    }()

    @Test func theMBRLayout() throws {
        let plan = try layout(StockLayouts.mbr, options: "-i 4096 -J size=64", label: "myroot")
        #expect(plan.mainImage?.table?.diskIdentifier.wholeMatch(of: /[0-9a-f]{8}/) != nil)
        #expect(plan.mainImage?.table?.sectorLines == ["1 primary 2048 4192255 83 boot"])
        #expect(plan.devices.map(\.name) == ["image0", "root"])
        #expect(plan.device("root")?.partitionNumber == 1)
        #expect(plan.device("root")?.offset == 1_048_576)
        #expect(plan.device("root")?.size == .mebibytes(2046))
        let words = try #require(plan.filesystems.first?.command.words(device: "/dev/loop1"))
        #expect(words.starts(with: ["mkfs", "-t", "ext4", "-O", Self.ext4]))
        #expect(
            words.suffix(11)
                == [
                    "-b", "4096", "-i", "4096", "-J", "size=64", "-L", "myroot", "-U", plan.filesystems[0].uuid, "-q",
                    "/dev/loop1",
                ].suffix(11))
        #expect(plan.fstab == "LABEL=myroot / ext4 defaults 0 1\n")
    }

    @Test func theEFILayout() throws {
        let plan = try layout(StockLayouts.efi, options: "-i 4096 -J size=64", label: "myroot")
        let identifiers = Self.uuids
        #expect(
            plan.text == """
                image image0 /img/image0.raw 2147483648 sector 512
                table gpt \(identifiers[0])
                1 primary 2048 1128447 c12a7328-f81f-11d2-ba4b-00a0c93ec93b 'ESP' \(identifiers[1])
                2 primary 1128448 1144831 21686148-6449-6e6f-744e-656564454649 'BSP' \(identifiers[2])
                3 primary 1144832 4192255 0fc63daf-8483-4772-8e79-3d69d8477de4 'root' \(identifiers[3])
                device image0 image0+0 2147483648
                device ESP image0+1048576 576716800
                device BSP image0+577765376 8388608
                device root image0+586153984 1560281088
                mkfs -t vfat -F 32 -S 512 -h 2048 -i \(identifiers[4].prefix(8).uppercased()) -n MKFS_ESP <ESP>
                MKE2FS_CONFIG=/nonexistent/mke2fs.conf mkfs -t ext4 -O \(Self.ext4) -E assume_storage_prezeroed=1,hash_seed=\(identifiers[7]) -I 256 -m 5 -b 4096 -i 4096 -J size=64 -L myroot -U \(identifiers[6]) -q <root>
                mount <root> /build/mnt (trim)
                mount <ESP> /build/mnt/boot/efi
                fstab:
                LABEL=myroot / ext4 defaults 0 1
                LABEL=MKFS_ESP /boot/efi vfat defaults 0 2

                """)
    }

    @Test func theGPTLayout() throws {
        let plan = try layout(StockLayouts.gpt)
        #expect(
            plan.devices.map { "\($0.name) \($0.offset) \($0.size.bytes)" } == [
                "image0 0 2147483648", "BSP 1048576 8388608", "root 9437184 2136997888",
            ])
        // Accepted in the document, without effect on the disk.
        #expect(plan.mainImage?.table?.entries.map(\.isBootable) == [false, false])
    }

    @Test func thePOWERLayoutHasAPRePPartition() throws {
        let plan = try layout(StockLayouts.mbrPOWER)
        #expect(
            plan.mainImage?.table?.sectorLines == ["1 primary 2048 18431 41 boot", "2 primary 18432 4192255 83"])
    }

    @Test func manyMountsComeInOrderWithTheirFstab() throws {
        let plan = try layout(Documents.multiplePartitionsTree)
        #expect(plan.mounts.map(\.mountPoint) == ["/", "/var", "/var/log", "none"])
        #expect(plan.mounts.map(\.path) == ["/build/mnt", "/build/mnt/var", "/build/mnt/var/log", nil])
        #expect(plan.mounts.map(\.isTrimmed) == [true, true, false, false])
        #expect(
            plan.fstab == """
                LABEL=img-rootfs / xfs defaults 0 1
                LABEL=mkfs_var /var xfs defaults 0 1
                LABEL=VARLOG /var/log vfat defaults 0 1
                LABEL=mkfs_swap none swap sw 0 0

                """)
        let lines = plan.filesystems.map { $0.command.words(device: "D").joined(separator: " ") }
        #expect(lines[0].contains("uuid=\(Documents.rootUUID)"))
        #expect(lines[2].hasSuffix("-n VARLOG D"))
        #expect(lines[3] == "mkswap -L mkfs_swap -U \(Documents.swapUUID) D")
        #expect(plan.filesystems.map(\.uuid)[3] == Documents.swapUUID)
    }

    @Test func swapIsNoneInFstabWhateverTheDocumentSays() throws {
        let document = tableDocument(
            label: "gpt",
            partitions:
                "[{name: s, size: 100MiB, mkfs: {type: swap, mount: {mount_point: /swap, fstab: {options: defaults, "
                + "dump-freq: 1, fsck-passno: 1}}}}]")
        #expect(try layout(document).fstab == "LABEL=mkfs_s none swap sw 0 0\n")
    }

    @Test func blanksInFstabAreEscaped() throws {
        let document = tableDocument(
            label: "gpt",
            partitions:
                #"[{name: Root Part, size: 100%, mkfs: {type: ext4, mount: {mount_point: 'my data\x', fstab: {}}}}]"#)
        #expect(try layout(document).fstab == #"LABEL=mkfs_Root\040Part /my\040data\134x ext4 defaults 0 2"# + "\n")
    }

    @Test func severalImagesHaveTheirOwnSizesAndPlaces() throws {
        let plan = try layout(
            """
            - local_loop: {name: image0, mkfs: {type: ext4, label: one}}
            - local_loop: {name: image1, size: 10M, directory: /data/, mkfs: {type: ext4, label: two}}
            """)
        // 10 000 000 bytes are no whole number of sectors.
        #expect(
            plan.images.map { "\($0.path) \($0.size.bytes)" } == [
                "/img/image0.raw 2147483648", "/data/image1.raw 10000384",
            ])
        #expect(plan.mainImage?.name == "image0")
    }

    @Test func fstabNamesFilesystemsByLabelOrByUUID() throws {
        let uuid = "0d9ed3b1-7a2c-4b8e-8d35-9b1f5a7e1234"
        let plan = try layout(
            tableDocument(
                label: "gpt",
                partitions:
                    "[{name: s, size: 1MiB, mkfs: {type: swap, mount: {mount_point: none, fstab: {source: uuid}}}}, "
                    + "{name: e, size: 40MiB, mkfs: {type: vfat, uuid: 1234-abcd, "
                    + "mount: {mount_point: /boot/efi, fstab: {source: uuid}}}}, "
                    + "{name: r, size: 100%, mkfs: {type: ext4, uuid: \(uuid), "
                    + "mount: {mount_point: /, fstab: {source: uuid, fsck-passno: 1}}}}]"))
        let swap = try #require(plan.filesystems.first { $0.type.name == "swap" }).uuid
        #expect(
            plan.fstab == """
                UUID=\(uuid) / ext4 defaults 0 1
                UUID=1234-ABCD /boot/efi vfat defaults 0 2
                UUID=\(swap) none swap sw 0 0

                """)
    }

    @Test func identifiersOfTablesCanBeStated() throws {
        func table(_ label: String, _ uuid: String, _ partition: String) throws -> PartitionTable? {
            let document = """
                - local_loop: {name: image0}
                - partitioning: {base: image0, label: \(label)\(uuid), partitions: [
                    {name: p, size: 1MiB\(partition)}, {name: q, size: 1MiB}]}
                """
            return try layout(document).mainImage?.table
        }
        let guid = "01234567-89ab-cdef-0123-456789abcdef"
        let drawn = try #require(try table("gpt", "", ""))
        let stated = try #require(
            try table("gpt", ", uuid: \(diskGUID)", ", uuid: \(guid.uppercased())"))
        #expect(stated.diskIdentifier == diskGUID)
        #expect(stated.entries.map(\.identifier) == [guid, drawn.entries[1].identifier])
        #expect(try table("mbr", ", uuid: '0xDEADBEEF'", "")?.diskIdentifier == "deadbeef")
    }

    private let diskGUID = "11111111-2222-4333-8444-555555555555"

    @Test func aStatedUUIDChangesNoOther() throws {
        let drawn = try layout(StockLayouts.efi)
        let stated = try layout(
            StockLayouts.efi.replacing("type: vfat", with: "type: vfat\n          uuid: ABCD-1234"))
        #expect(stated.filesystems.map(\.uuid) == ["ABCD-1234", drawn.filesystems[1].uuid])
        #expect(stated.mainImage?.table == drawn.mainImage?.table)
        #expect(stated.filesystems[0].command.arguments.contains("ABCD1234"))
    }

    @Test func theSeedDecidesEveryIdentifier() throws {
        #expect(try layout(StockLayouts.efi, seed: 7) == layout(StockLayouts.efi, seed: 7))
        let one = try layout(StockLayouts.efi, seed: 7)
        let other = try layout(StockLayouts.efi, seed: 8)
        #expect(one.filesystems.map(\.uuid) != other.filesystems.map(\.uuid))
        #expect(one.mainImage?.table?.diskIdentifier != other.mainImage?.table?.diskIdentifier)
        #expect(one.devices == other.devices)
    }

    @Test func missingSizesAndPlacesAreNamed() throws {
        var generator = SeededGenerator(seed: 1)
        var parameters = BlockDeviceParameters(rootFilesystemType: "ext4")
        var messages: [String] = []
        for step in 0..<4 {
            do {
                _ = try BlockDeviceLayout(graph(StockLayouts.mbr, parameters), using: &generator)
            } catch let error as BlockDeviceError {
                messages.append(error.message)
            }
            switch step {
            case 0: parameters.imageSize = .gibibytes(1)
            case 1: parameters.imageDirectory = "/img"
            default: parameters.mountBase = "/mnt/"
            }
        }
        #expect(
            messages == [
                "'image0' has no 'size', and there is no 'image-size'",
                "'image0' has no 'directory', and there is no 'image-dir'", "Mount default config needs 'mount-base'",
            ])
        let plan = try BlockDeviceLayout(graph(StockLayouts.mbr, parameters), using: &generator)
        #expect(plan.mounts.map(\.path) == ["/mnt"])
    }

    @Test func volumesNeedTheDeviceMapper() throws {
        let plan = try layout(StockLayouts.efiLVM, size: .gibibytes(48))
        #expect(plan.requiresDeviceMapper)
        #expect(plan.device("root")?.size.bytes == 40_000_000_000 / 1_048_576 * 1_048_576)
        #expect(plan.filesystems.map { $0.window?.name } == ["ESP", nil, nil, nil])
        #expect(
            plan.fstab == """
                LABEL=img-rootfs / xfs rw,relatime 0 1
                LABEL=MKFS_ESP /boot/efi vfat defaults 0 2
                LABEL=fs_home /home xfs rw,nodev,relatime 0 2
                LABEL=fs_var /var xfs rw,relatime 0 2

                """)
        #expect(try !layout(StockLayouts.efi).requiresDeviceMapper)
    }

    @Test func theToolsOfALayoutAreKnownBeforehand() throws {
        #expect(try graph(StockLayouts.efi).requiredTools == ["mkfs", "mkfs.ext4", "mkfs.vfat"])
        #expect(
            try graph(Documents.multiplePartitionsTree).requiredTools == ["mkfs", "mkfs.vfat", "mkfs.xfs", "mkswap"])
    }
}
