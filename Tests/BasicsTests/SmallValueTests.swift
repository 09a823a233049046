import Basics
import Foundation
import Testing

@Suite struct ArchitectureTests {
    @Test(
        "a kernel's machine name becomes Debian's architecture name",
        arguments: [
            ("x86_64", "amd64"), ("aarch64", "arm64"), ("armv7l", "armhf"), ("armv6l", "armhf"),
            ("ppc64le", "ppc64le"), ("s390x", "s390x"), ("riscv64", "riscv64"),
        ])
    func translates(machine: String, name: String) {
        #expect(Architecture(machine: machine).description == name)
    }

    @Test func bothNamesOfAnArchitectureAreKnown() {
        #expect(["arm64", "aarch64", "armhf", "amd64"].map { Architecture($0).isARM64 } == [true, true, false, false])
        #expect(["amd64", "x86_64", "i386"].map { Architecture($0).isAMD64 } == [true, true, false])
        #expect(["ppc64el", "ppc64le", "ppc64"].map { Architecture($0).isLittleEndianPower } == [true, true, false])
    }
}

@Suite struct SeededGeneratorTests {
    /// First outputs of SplitMix64 for seed 1234567, as its authors' reference implementation prints them.
    @Test func isSplitMix64() {
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in generator.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test("a UUID says version 4 and variant 1, and follows from the seed", arguments: 0..<16)
    func makesUUIDs(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var again = SeededGenerator(seed: seed)
        let text = randomUUID(using: &generator)
        #expect(text == randomUUID(using: &again))
        #expect(
            try text.wholeMatch(of: Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")) != nil
        )
        #expect(UUID(uuidString: text) != nil)
        #expect(text != randomUUID(using: &generator))
    }
}

@Suite struct PartitionTableTests {
    @Test func anEntryEndsWhereTheNextMayStart() {
        let entry = PartitionEntry(number: 1, start: 1_048_576, size: 4096, type: "83")
        #expect(entry.end == 1_052_672)
        #expect(entry.kind == .primary)
    }

    @Test func jsonRoundTripKeepsAll() throws {
        let table = PartitionTable(
            label: .gpt, sectorSize: 4096, diskIdentifier: "d",
            entries: [
                PartitionEntry(
                    number: 2, kind: .logical, start: 4096, size: 8192, type: "t", name: "n", identifier: "i",
                    isBootable: true)
            ])
        #expect(try JSONDecoder().decode(PartitionTable.self, from: JSONEncoder().encode(table)) == table)
    }
}
