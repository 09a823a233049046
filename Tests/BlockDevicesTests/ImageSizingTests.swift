import Basics
import BlockDevices
import SystemPackage
import TestSupport
import Testing

@Suite struct ImageSizingTests {
    @Test(
        arguments: [
            // A tree of 70 387 KiB gave 182 848 KiB upstream.
            (ImageSizing(basis: .proportional, rootFilesystemType: "ext4"), 70_387, 182_848, 64),
            (ImageSizing(basis: .proportional, rootFilesystemType: "xfs"), 70_387, 117_312, nil),
            (ImageSizing(basis: .proportional, rootFilesystemType: "ext4", journal: 128), 600_000, 1_131_072, 128),
            (ImageSizing(basis: .extra(mebibytes: 100.5), rootFilesystemType: "ext4"), 600_001, 768_512, 64),
            (ImageSizing(basis: .extra(mebibytes: 0), rootFilesystemType: "btrfs"), 600_001, 600_064, nil),
            (ImageSizing(basis: .fixed(gibibytes: 2), rootFilesystemType: "ext4"), 600_000, 2_097_152, 64),
            (ImageSizing(basis: .fixed(gibibytes: 1.5), rootFilesystemType: "xfs"), 600_000, 1_572_864, nil),
            (ImageSizing(basis: .fixed(gibibytes: 1.00001), rootFilesystemType: "ext4"), 0, 1_048_640, 64),
            (
                ImageSizing(basis: .fixed(gibibytes: 2), rootFilesystemType: "ext4", padding: .mebibytes(525)), 0,
                2_634_752, 64
            ),
            (
                ImageSizing(basis: .proportional, rootFilesystemType: "ext4", padding: .mebibytes(525)), 600_000,
                1_603_136, 64
            ),
        ] as [(ImageSizing, UInt64, UInt64, UInt64?)])
    func sizesAreUpstreamsToTheKibibyte(sizing: ImageSizing, tree: UInt64, image: UInt64, journal: UInt64?) {
        let size = sizing.size(treeKibibytes: tree)
        #expect(size.image == .kibibytes(image))
        #expect(size.journal == journal)
    }

    @Test(
        arguments: [
            (ImageSizing(basis: .proportional, rootFilesystemType: "ext4"), 0, 26 << 10, 8),
            (ImageSizing(basis: .proportional, rootFilesystemType: "ext4"), 12_000, 31_296, 9),
            (ImageSizing(basis: .proportional, rootFilesystemType: "ext4"), 40_000, 101_504, 32),
            (ImageSizing(basis: .proportional, rootFilesystemType: "ext4", journal: 64), 0, 64 << 10, 64),
            (ImageSizing(basis: .fixed(gibibytes: 0.0625), rootFilesystemType: "ext4"), 0, 64 << 10, 15),
            (ImageSizing(basis: .fixed(gibibytes: 0.01), rootFilesystemType: "ext4"), 0, 10_496, 4),
        ] as [(ImageSizing, UInt64, UInt64, UInt64?)])
    func theJournalShrinksWithTheTree(sizing: ImageSizing, tree: UInt64, image: UInt64, journal: UInt64?) {
        let size = sizing.size(treeKibibytes: tree)
        #expect(size.image == .kibibytes(image))
        #expect(size.journal == journal)
    }

    @Test(
        .requires(.tool("mkfs.ext4")),
        arguments: [0, 1000, 5000, 20_000, 40_000, 58_900, 59_000, 80_000, 200_000] as [UInt64])
    func mke2fsAcceptsTheJournalOfEveryTree(tree: UInt64) async throws {
        for document in [StockLayouts.mbr, StockLayouts.gpt, StockLayouts.efi] {
            let graph = try graph(document)
            let sizing = ImageSizing(
                basis: .proportional, graph: graph, rootFilesystemType: "ext4", isEFI: document == StockLayouts.efi)
            let size = sizing.size(treeKibibytes: tree)
            let plan = try layout(document, size: size.image, options: "-i 4096 -J size=\(size.journal ?? 0)")
            let filesystem = try #require(plan.filesystems.last)
            try await withScratchDirectory { directory in
                let file = directory.appending("fs")
                try makeSparseFile(file, bytes: filesystem.window?.size.bytes ?? 0)
                let result = try run(filesystem.command, on: file)
                #expect(result.status == 0, "\(result.output)")
            }
        }
    }

    @Test func theEFIPaddingIsWhatTheLayoutNeeds() throws {
        #expect(ImageSizing.efiPadding(for: try graph(StockLayouts.efi)) == .mebibytes(560))
        #expect(ImageSizing.efiPadding(for: try graph(StockLayouts.efi4k)) == .mebibytes(525))
        #expect(ImageSizing.efiPadding(for: try graph(StockLayouts.efiLVM)) == .mebibytes(525))
        #expect(ImageSizing.efiPadding(for: try graph(StockLayouts.mbr)) == .mebibytes(525))
        #expect(ImageSizing.overhead(of: try graph(StockLayouts.gpt)) == .mebibytes(10))
        #expect(ImageSizing.overhead(of: try BlockDeviceGraph(.fallback, parameters: buildParameters)) == .zero)
    }
}
