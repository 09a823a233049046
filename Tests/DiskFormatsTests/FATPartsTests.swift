import Testing

@testable import DiskFormats

/// The small values of a FAT directory, against tables.
@Suite("Parts of a FAT directory")
struct FATPartsTests {
    @Test(
        "times are UTC in steps of two seconds, and stay within 1980 to 2107",
        arguments: [
            (315_532_800, "1980-01-01 00:00:00"), (-5, "1980-01-01 00:00:00"), (951_782_399, "2000-02-28 23:59:58"),
            (951_868_800, "2000-03-01 00:00:00"), (951_827_696, "2000-02-29 12:34:56"),
            (1_704_164_645, "2024-01-02 03:04:04"), (1_735_689_599, "2024-12-31 23:59:58"),
            (4_354_819_199, "2107-12-31 23:59:58"), (9_999_999_999, "2107-12-31 23:59:58"),
        ] as [(Int64, String)])
    func timestamps(seconds: Int64, expected: String) {
        let stamp = FATTimestamp(secondsSince1970: seconds)
        func two(_ value: UInt16) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = Int(stamp.date >> 9) + 1980
        let time = "\(two(stamp.time >> 11)):\(two(stamp.time >> 5 & 63)):\(two(stamp.time % 32 * 2))"
        #expect("\(year)-\(two(stamp.date >> 5 & 15))-\(two(stamp.date & 31)) \(time)" == expected)
    }

    @Test(
        "a name of eight and three in one case is short, its case in two bits",
        arguments: [
            ("BOOTX64.EFI", "BOOTX64 EFI", 0x00), ("grubx64.efi", "GRUBX64 EFI", 0x18),
            ("GRUB.cfg", "GRUB    CFG", 0x10),
            ("efi", "EFI        ", 0x08), ("a-b_{1}.~x", "A-B_{1} ~X ", 0x18), ("12345678", "12345678   ", 0x00),
        ] as [(String, String, UInt8)])
    func shortNames(text: String, bytes: String, caseBits: UInt8) throws {
        let short = try #require(FATName(text).short)
        #expect(String(decoding: short.bytes, as: UTF8.self) == bytes)
        #expect(short.caseBits == caseBits)
        #expect(FATName(text).slotCount == 1)
    }

    @Test(
        "every other name is long and has an alias",
        arguments: [
            ("Mixed.Txt", "MIXED~1 TXT", 2), ("vmlinuz-6.1.0-18-amd64", "VMLINU~10-1", 3), ("a b", "AB~1       ", 2),
            (".profile", "PROFIL~1   ", 2), ("näme", "N_ME~1     ", 2), ("Ω", "_~1        ", 2),
            ("x.conf", "X~1     CON", 2),
            ("a.b.c", "AB~1    C  ", 2), ("[x]", "_X_~1      ", 2), ("123456789.t", "123456~1T  ", 2),
            ("+", "_~1        ", 2), ("abcdefghijklmnopqrstuvwxyz", "ABCDEF~1   ", 3),
        ] as [(String, String, Int)])
    func longNames(text: String, alias: String, slots: Int) {
        let name = FATName(text)
        #expect(name.short == nil)
        #expect(String(decoding: name.alias(number: 1), as: UTF8.self) == alias)
        #expect(name.slotCount == slots)
    }

    @Test(
        "what FAT cannot name is said",
        arguments: [
            ("a:b", "':' cannot be in a name"), ("a*", "'*' cannot be in a name"), ("a\\b", "'\\' cannot be in a name"),
            ("a\nb", "it has a control character"), ("a.", "it ends in a dot or a blank"),
            ("a ", "it ends in a dot or a blank"), ("a\u{FFFD}", "it is not UTF-8"),
            (String(repeating: "x", count: 256), "it is longer than 255 characters"),
            ("[x] + aux.con", nil), ("con", nil), (String(repeating: "x", count: 255), nil),
        ] as [(String, String?)])
    func objections(text: String, expected: String?) { #expect(FATName.objection(to: text) == expected) }

    @Test("aliases go around names that are there, and around each other")
    func aliases() {
        let names = ["LONGNA~1.TXT", "longname one.txt", "longname two.txt", "Readme.txt", "longname three.txt"].map(
            FATName.init)
        var directory = FATDirectory(names: names)
        let time = FATTimestamp(secondsSince1970: 0)
        for name in names { directory.add(name, attributes: 0x20, cluster: 0, size: 0, modified: time) }
        let entries = stride(from: 0, to: directory.bytes.count, by: 32).filter { directory.bytes[$0 + 11] != 0x0F }
        #expect(
            entries.map { String(decoding: directory.bytes[$0..<($0 + 11)], as: UTF8.self) }
                == ["LONGNA~1TXT", "LONGNA~2TXT", "LONGNA~3TXT", "README  TXT", "LONGNA~4TXT"])
    }
}
