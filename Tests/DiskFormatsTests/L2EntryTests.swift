import Basics
import Testing

@testable import DiskFormats

@Suite struct L2EntryTests {
    /// Worked by hand from the specification: 64 KiB clusters, x = 54.
    @Test func aCompressedEntryCountsTheSectorsAfterTheFirst() {
        let entry = L2Entry.compressed(offset: 0x10100, byteCount: 0x200, clusterBits: 16)
        #expect(entry.rawValue == 0x4040_0000_0001_0100)
        #expect(entry.mapping(clusterBits: 16) == .compressed(offset: 0x10100, byteCount: 0x300))
    }

    @Test(arguments: 9...21) func aCompressedEntryCoversItsDataAndNoSectorMore(clusterBits: Int) {
        var random = SeededGenerator(seed: UInt64(clusterBits))
        for _ in 0..<200 {
            let offset = UInt64.random(in: 512..<(1 << 40), using: &random)
            let count = Int.random(in: 1..<(1 << clusterBits), using: &random)
            let entry = L2Entry.compressed(offset: offset, byteCount: count, clusterBits: clusterBits)
            let end = (offset + UInt64(count) + 511) / 512 * 512
            #expect(
                entry.mapping(clusterBits: clusterBits) == .compressed(offset: offset, byteCount: Int(end - offset)))
        }
    }

    @Test func storedAndZeroEntriesAreToldApart() {
        #expect(L2Entry.stored(offset: 0x50000).rawValue == 0x8000_0000_0005_0000)
        #expect(L2Entry.stored(offset: 0x50000).mapping(clusterBits: 16) == .stored(offset: 0x50000))
        #expect(L2Entry.absent.mapping(clusterBits: 16) == .absent)
        #expect(L2Entry.zero.mapping(clusterBits: 16) == .zero)
        #expect(L2Entry(rawValue: 0x8000_0000_0005_0001).mapping(clusterBits: 16) == .zero)
    }
}
