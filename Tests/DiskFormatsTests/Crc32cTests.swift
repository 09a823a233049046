import Basics
import Testing

@testable import DiskFormats

@Suite struct Crc32cTests {
    @Test("the check value of the polynomial, and that of RFC 3720 B.4")
    func knownValues() {
        #expect(Crc32c.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(Crc32c.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(Crc32c.checksum(Array(0..<32)) == 0x46DD_794E)
    }

    @Test("the processor's instruction gives what the tables give, for every length and beginning")
    func twoWays() {
        var generator = SeededGenerator(seed: 3)
        let bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes.withUnsafeBytes { all in
            for start in 0..<16 {
                for end in start...100 {
                    let part = UnsafeRawBufferPointer(rebasing: all[start..<end])
                    #expect(Crc32c.update(0x1234_5678, part) == Crc32c.updateByTables(0x1234_5678, part))
                }
            }
        }
    }
}
