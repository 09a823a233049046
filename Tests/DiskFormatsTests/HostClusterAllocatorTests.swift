import Basics
import Testing

@testable import DiskFormats

@Suite struct HostClusterAllocatorTests {
    @Test(arguments: propertySeeds(64)) func nothingOverlapsAndLittleIsWasted(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let clusterSize: UInt64 = [512, 4096, 65536].randomElement(using: &random) ?? 512
        var allocator = HostClusterAllocator(clusterSize: clusterSize)
        var places: [Range<UInt64>] = [0..<clusterSize]
        let share = Int.random(in: 1...20, using: &random)
        for _ in 0..<2000 {
            if Int.random(in: 0..<share, using: &random) == 0 {
                let count = UInt64.random(in: 1...2, using: &random)
                let place = allocator.clusters(count)
                #expect(place % clusterSize == 0)
                places.append(place..<(place + count * clusterSize))
            } else {
                let count = Int.random(in: 1..<Int(clusterSize), using: &random)
                let place = allocator.bytes(count)
                places.append(place..<(place + UInt64(count)))
            }
        }
        allocator.finishPacking()
        for _ in 0..<3 {
            let place = allocator.clusters(1)
            places.append(place..<(place + clusterSize))
        }
        let sorted = places.sorted { $0.lowerBound < $1.lowerBound }
        for (left, right) in zip(sorted, sorted.dropFirst()) { #expect(left.upperBound <= right.lowerBound) }
        #expect(sorted.last.map { $0.upperBound <= allocator.end } == true)
        let used = places.reduce(0) { $0 + $1.count }
        #expect(Double(used) / Double(allocator.end) > 0.85)
    }

    @Test func abandonedRoomIsNotUsedAgain() {
        var allocator = HostClusterAllocator(clusterSize: 4096)
        #expect(allocator.bytes(100) == 4096)
        #expect(allocator.clusters(1) == 12288)
        allocator.abandon(below: 16384)
        #expect(allocator.bytes(100) == 16384)
    }

    @Test func reservedClustersThatStayEmptyServeForTables() {
        var allocator = HostClusterAllocator(clusterSize: 4096)
        #expect(allocator.bytes(100) == 4096)
        #expect(allocator.clusters(1) == 12288)
        allocator.finishPacking()
        #expect(allocator.clusters(1) == 8192)
        #expect(allocator.clusters(1) == 16384)
    }
}
