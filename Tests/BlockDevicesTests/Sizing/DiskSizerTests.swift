import Basics
import BlockDevices
import Testing

@Suite struct DiskSizerTests {
    /// So many files of this size in each of these directories.
    private func survey(_ sizes: [String: UInt64], count: Int = 100) -> TreeSurvey {
        let paths = Set(sizes.keys).union(["/"]).sorted()
        let directories = paths.map { path in
            TreeSurvey.Directory(
                path: path, names: (0..<count).map { Array("file\($0)".utf8) },
                files: (0..<count).map { _ in TreeSurvey.File(size: sizes[path] ?? 0) })
        }
        let bytes = sizes.values.reduce(0) { $0 + $1 * UInt64(count) }
        return TreeSurvey(directories: directories, allocated: ByteCount(bytes))
    }

    private func sizer(_ yaml: String, _ survey: TreeSurvey, free: FreeSpace = .bytes(.zero)) throws -> DiskSizer {
        try DiskSizer(
            configuration: BlockDeviceConfiguration(yaml: yaml), parameters: buildParameters, survey: survey,
            free: free,
            rule: .exact(journal: 16), generator: SeededGenerator(seed: 1)
        ) { format in "-N \(format.inodes ?? 0) -J size=\(format.journal ?? 0)" }
    }

    private static let tree: [String: UInt64] = ["/": 40_000, "/usr": 3_000_000, "/var": 900_000, "/boot": 400_000]

    private static let partitioned = """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: boot, size: 100MiB, mkfs: {type: ext2, mount: {mount_point: /boot}}}
              - {name: swap, size: 64MiB, mkfs: {type: swap, mount: {mount_point: none}}}
              - {name: var, size: 25%, mkfs: {type: ext4, mount: {mount_point: /var}}}
              - {name: root, size: 100%, mkfs: {mount: {mount_point: /}}}
        """

    @Test(
        "the smallest disk holds the tree, and the next smaller does not",
        arguments: [
            StockLayouts.mbr, StockLayouts.gpt, StockLayouts.efi, partitioned,
            partitioned.replacing("type: ext4", with: "type: xfs"),
            partitioned.replacing("type: ext2", with: "type: vfat"),
            partitioned.replacing("type: ext4", with: "type: btrfs"),
        ], [FreeSpace.bytes(.zero), .bytes(.mebibytes(300)), .percent(20), .standard])
    func smallest(yaml: String, free: FreeSpace) throws {
        let sizer = try sizer(yaml, survey(Self.tree), free: free)
        let fit = try #require(try sizer.smallest())
        #expect(fit.holds && fit.short.isEmpty && fit.impossible.isEmpty)
        #expect(fit.image.bytes % DiskSizer.granularity == 0)
        let smaller = try? sizer.fit(at: ByteCount(fit.image.bytes - DiskSizer.granularity))
        #expect(smaller?.holds != true)
        #expect(try sizer.fit(at: ByteCount(fit.image.bytes * 2)).holds)
    }

    @Test func aPartitionOfStatedSizeThatIsTooSmallIsNamedWithTheSizeItNeeds() throws {
        let yaml = Self.partitioned.replacing("100MiB", with: "30MiB")
        let sizer = try sizer(yaml, survey(Self.tree))
        #expect(try sizer.smallest() == nil)
        let fit = try sizer.fit(at: .gibibytes(4))
        #expect(fit.short.map(\.mountPoint) == ["/boot"] && fit.impossible.map(\.mountPoint) == ["/boot"])
        #expect(fit.short[0].text.hasPrefix("'/boot' needs 38.7 MiB, but 'boot' of 30 MiB holds "))
        let least = try #require(try sizer.leastSize(of: "/boot", at: fit.image))
        #expect(least > .mebibytes(38) && least < .mebibytes(46))
        let mended = Self.partitioned.replacing("100MiB", with: "\(least.bytes >> 20)MiB")
        #expect(try self.sizer(mended, survey(Self.tree)).smallest() != nil)
    }

    @Test func freeSpaceIsWhatEverybodyMayUse() throws {
        let sizer = try sizer(StockLayouts.mbr, survey(Self.tree), free: .bytes(.mebibytes(500)))
        let root = try #require(try sizer.smallest()?.filesystems.first)
        let spare = root.capacity.available - root.demand.bytes
        #expect(spare >= 500 << 20 && spare < 501 << 20)
    }

    @Test func moreFilesThanTheUsualNumberOfInodesGetInodes() throws {
        let many = survey(["/": 10, "/a": 10, "/b": 10, "/c": 10], count: 20_000)
        let fit = try #require(try sizer(StockLayouts.mbr, many).smallest())
        let root = fit.filesystems[0]
        #expect((root.capacity.inodes ?? 0) >= root.demand.inodes)
        #expect(try #require(fit.root.inodes) % 16 == 0)
    }

    @Test(
        arguments: [
            ("500MiB", FreeSpace.bytes(.mebibytes(500))), ("1.5GiB", .bytes(ByteCount(1_610_612_736))),
            ("20%", .percent(20)), ("0", .bytes(.zero)), ("12.5 %", .percent(12.5)), ("", nil), ("95%", nil),
            ("much", nil), ("-1", nil), ("-5%", nil), ("5 parsecs", nil),
        ] as [(String, FreeSpace?)])
    func freeSpaceIsASizeOrAShare(text: String, expected: FreeSpace?) {
        #expect(FreeSpace(parsing: text) == expected)
    }

    @Test func aTreeIsDividedAmongItsFilesystems() {
        let paths = ["/", "/boot", "/boot/grub", "/bootstrap", "/var", "/var/log", "/var/log/apt"]
        let survey = TreeSurvey(directories: paths.map { TreeSurvey.Directory(path: $0) })
        let parts = TreePart.parts(of: survey, mountPoints: ["/", "/boot", "/boot/efi", "/srv/data", "/var/log"])
        let texts = parts.map { part in
            "\(part.mountPoint) \(part.root?.path ?? "-") \(part.directories.map(\.path)) \(part.mountPointCount)"
        }
        #expect(
            texts == [
                #"/ / ["/bootstrap", "/var"] 4"#, #"/boot /boot ["/boot/grub"] 1"#, "/boot/efi - [] 0",
                "/srv/data - [] 0", #"/var/log /var/log ["/var/log/apt"] 0"#,
            ])
    }
}
