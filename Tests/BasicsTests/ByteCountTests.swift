import Basics
import Testing

@Suite struct ByteCountTests {
    /// The grammar of compat-blockdevice section 8, values as upstream gives them.
    @Test(
        "a size text is that many bytes",
        arguments: [
            ("1TiB", 1_099_511_627_776), ("1GiB", 1_073_741_824), ("1MiB", 1_048_576), ("1KiB", 1024),
            ("1TB", 1_000_000_000_000), ("1GB", 1_000_000_000), ("1MB", 1_000_000), ("1KB", 1000),
            ("1T", 1_000_000_000_000), ("1G", 1_000_000_000), ("1M", 1_000_000), ("1K", 1000), ("1B", 1), ("1", 1),
            ("1.5GiB", 1_610_612_736), ("1 KiB", 1024), (".5K", 500), ("5.K", 5000), ("1.9", 1),
            ("2.4T", 2_400_000_000_000), ("198", 198), ("154MiB", 161_480_704), ("GiB", 1_073_741_824), ("", 1),
            ("0", 0), ("0.9B", 0), (" ", 1), (" MiB", 1_048_576),
        ] as [(String, UInt64)])
    func parses(text: String, bytes: UInt64) throws {
        #expect(try ByteCount(parsing: text) == ByteCount(bytes))
    }

    @Test(
        "a size text outside the grammar is refused in upstream's words",
        arguments: [
            ("1  KiB", ByteCountError.invalidSpecification("1  KiB")),
            ("1,5GiB", .invalidSpecification("1,5GiB")),
            ("-1M", .invalidSpecification("-1M")),
            ("1M ", .invalidSpecification("1M ")),
            ("_+!HuHi+-=", .invalidSpecification("_+!HuHi+-=")),
            ("1.2.3", .invalidSpecification("1.2.3")),
            (".", .invalidSpecification(".")),
            ("1\n", .invalidSpecification("1\n")),
            ("١", .invalidSpecification("١")),
            ("747InVaLiDUnIt", .unknownUnit("InVaLiDUnIt")),
            ("1k", .unknownUnit("k")), ("1kB", .unknownUnit("kB")), ("1Gib", .unknownUnit("Gib")),
            ("1e3", .unknownUnit("e3")), ("0x10", .unknownUnit("x10")),
            ("99999999TiB", .tooLarge("99999999TiB")),
            ("18446744073709551616", .tooLarge("18446744073709551616")),
        ])
    func refuses(text: String, error: ByteCountError) {
        #expect(throws: error) { try ByteCount(parsing: text) }
    }

    @Test func errorsSpeakUpstreamsWords() {
        #expect(ByteCountError.invalidSpecification("1M ").description == "Invalid size unit spec [1M ]")
        #expect(ByteCountError.unknownUnit("k").description == "unit_str [k] not known")
    }

    @Test(
        "a size reads well",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (187_236_352, "178.6 MiB"),
            (1_073_741_824, "1 GiB"), (1_099_511_627_776, "1 TiB"), (1_125_899_906_842_624, "1024 TiB"),
        ] as [(UInt64, String)])
    func describes(bytes: UInt64, text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test(
        "rounding up gives the smallest multiple that is not smaller",
        arguments: [(0, 64, 0), (1, 64, 64), (64, 64, 64), (65, 64, 128), (1 << 20, 1 << 20, 1 << 20)]
            as [(UInt64, UInt64, UInt64)])
    func rounds(bytes: UInt64, unit: UInt64, result: UInt64) {
        #expect(ByteCount(bytes).roundedUp(to: unit) == ByteCount(result))
    }

    @Test func unitsAndArithmeticAgree() {
        #expect(ByteCount.kibibytes(1024) == ByteCount.mebibytes(1))
        #expect(ByteCount.mebibytes(1024) == ByteCount.gibibytes(1))
        #expect(ByteCount.kibibytes(3) + ByteCount(5) == ByteCount(3077))
        #expect(ByteCount(2047).wholeKibibytes == 1)
        #expect(ByteCount.zero < ByteCount(1))
    }
}
