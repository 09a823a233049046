import Basics
import BlockDevices
import Testing

/// compat-blockdevice section 8.
@Suite struct SizeExpressionTests {
    @Test(
        arguments: [
            ("1.5GiB", 1_610_612_736), ("1 KiB", 1024), (".5K", 500), ("5.K", 5000), ("1.9", 1),
            ("2.4T", 2_400_000_000_000), ("198", 198), ("154MiB", 161_480_704), ("20TiB", 21_990_232_555_520),
            ("1024KiB", 1_048_576), ("1.2TB", 1_200_000_000_000), ("512B", 512), ("364", 364), ("GiB", 1_073_741_824),
            ("", 1), ("40G", 40_000_000_000), ("8M", 8_000_000), ("1KB", 1000), ("0", 0), ("0.1K", 100),
        ] as [(String, UInt64)])
    func anAbsoluteSizeIsFactorTimesNumberCutOff(text: String, bytes: UInt64) throws {
        #expect(try ByteCount(parsing: text) == ByteCount(bytes))
    }

    @Test(arguments: ["1  KiB", "1,5GiB", "-1M", "1M ", "_+!HuHi+-=", "1 KiB\n", "1.2.3M", ".", "50%"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(throws: ByteCountError.invalidSpecification(text)) { try ByteCount(parsing: text) }
    }

    @Test(arguments: [
        ("747InVaLiDUnIt", "InVaLiDUnIt"), ("1k", "k"), ("1e3", "e3"), ("0x10", "x10"), (" 1M", "1M"), ("1kB", "kB"),
        ("1Gib", "Gib"), ("1m", "m"), ("1_0", "_0"),
    ])
    func anUnknownUnitIsNamed(text: String, unit: String) {
        #expect(throws: ByteCountError.unknownUnit(unit)) { try ByteCount(parsing: text) }
    }

    @Test func aSizeBeyond64BitsIsRefused() {
        #expect(throws: ByteCountError.tooLarge("99999999TiB")) { try ByteCount(parsing: "99999999TiB") }
    }

    @Test(
        arguments: [
            ("50%", 50), ("33.3%", 33.3), (" 40 %", 40), ("1e1%", 10), ("+5%", 5), (".5%", 0.5), ("5.%", 5),
            ("150%", 150),
            ("-3%", -3),
        ] as [(String, Double)])
    func aRelativeSizeIsANumberAndAPercentSign(text: String, percent: Double) {
        #expect(RelativeSize(parsing: text) == RelativeSize(percent: percent))
    }

    @Test(arguments: ["%", "50", "abc%", "1..2%", "nan%", "inf%", "0x10%", "5 0%", ""])
    func whatIsNoPercentageIsRefused(text: String) {
        #expect(RelativeSize(parsing: text) == nil)
    }

    @Test func aShareIsCutOffToBytes() {
        #expect(RelativeSize(percent: 33).share(of: ByteCount(1000)) == ByteCount(330))
        #expect(RelativeSize(percent: 33.33).share(of: ByteCount(100)) == ByteCount(33))
        #expect(RelativeSize(percent: -1).share(of: ByteCount(100)) == .zero)
    }
}
