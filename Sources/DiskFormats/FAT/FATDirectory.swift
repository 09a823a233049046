/// The bytes of one directory: entries of 32 bytes, long names before the entry they belong to.
struct FATDirectory {
    /// Attribute bits of an entry.
    enum Attribute {
        static let readOnly: UInt8 = 0x01
        static let label: UInt8 = 0x08
        static let directory: UInt8 = 0x10
        static let archive: UInt8 = 0x20
        static let longName: UInt8 = 0x0F
    }

    static let entrySize = 32
    /// What file systems and drivers allow: 2 MiB of entries.
    static let entryLimit = 65_536

    private(set) var bytes: [UInt8] = []
    private var taken: Set<[UInt8]> = []
    private var nextNumber: [[UInt8]: Int] = [:]

    /// A directory for these names; the short ones are taken first, aliases go around them.
    init(names: [FATName]) {
        for name in names { if let short = name.short { taken.insert(short.bytes) } }
    }

    /// An entry with this time instead of its own.
    static func dated(_ entry: [UInt8], _ time: FATTimestamp) -> [UInt8] {
        var entry = entry
        entry[13] = 0
        for (hours, days) in [(14, 16), (22, 24)] {
            entry.setLittleEndian(time.time, at: hours)
            entry.setLittleEndian(time.date, at: days)
        }
        entry.setLittleEndian(time.date, at: 18)
        return entry
    }

    /// `.` and `..`, which every directory but the root begins with; cluster 0 stands for the root.
    mutating func addLinks(to own: UInt32, parent: UInt32, modified: FATTimestamp) {
        for (dots, cluster) in [(1, own), (2, parent)] {
            let name = [UInt8](repeating: 0x2E, count: dots) + [UInt8](repeating: 0x20, count: 11 - dots)
            append(name, Attribute.directory, caseBits: 0, cluster: cluster, size: 0, modified)
        }
    }

    /// An entry as it is on disk: the volume's label.
    mutating func add(raw entry: [UInt8]) { bytes += entry }

    mutating func add(_ name: FATName, attributes: UInt8, cluster: UInt32, size: UInt32, modified: FATTimestamp) {
        if let short = name.short {
            append(short.bytes, attributes, caseBits: short.caseBits, cluster: cluster, size: size, modified)
        } else {
            let alias = freeAlias(of: name)
            appendLong(name.units, checksum: Self.checksum(alias))
            append(alias, attributes, caseBits: 0, cluster: cluster, size: size, modified)
        }
    }

    private mutating func freeAlias(of name: FATName) -> [UInt8] {
        if name.isPlain, case let plain = name.alias(number: nil), taken.insert(plain).inserted { return plain }
        let basis = name.alias(number: 1)
        var number = nextNumber[basis] ?? 1
        while !taken.insert(name.alias(number: number)).inserted { number += 1 }
        nextNumber[basis] = number + 1
        return name.alias(number: number)
    }

    private mutating func append(
        _ name: [UInt8], _ attributes: UInt8, caseBits: UInt8, cluster: UInt32, size: UInt32, _ modified: FATTimestamp
    ) {
        var entry = name + [UInt8](repeating: 0, count: 21)
        entry[11] = attributes
        entry[12] = caseBits
        for (time, date) in [(14, 16), (22, 24)] {
            entry.setLittleEndian(modified.time, at: time)
            entry.setLittleEndian(modified.date, at: date)
        }
        entry.setLittleEndian(modified.date, at: 18)
        entry.setLittleEndian(UInt16(truncatingIfNeeded: cluster >> 16), at: 20)
        entry.setLittleEndian(UInt16(truncatingIfNeeded: cluster), at: 26)
        entry.setLittleEndian(size, at: 28)
        bytes += entry
    }

    /// Thirteen units per entry, the last part first; a zero ends the name, FFFF fills up.
    private mutating func appendLong(_ units: [UInt16], checksum: UInt8) {
        let places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]
        let count = (units.count + 12) / 13
        for part in (0..<count).reversed() {
            var entry = [UInt8](repeating: 0, count: Self.entrySize)
            entry[0] = UInt8(part + 1) | (part == count - 1 ? 0x40 : 0)
            entry[11] = Attribute.longName
            entry[13] = checksum
            for (index, place) in places.enumerated() {
                let position = part * 13 + index
                let unit = position < units.count ? units[position] : position == units.count ? 0 : 0xFFFF
                entry.setLittleEndian(unit, at: place)
            }
            bytes += entry
        }
    }

    static func checksum(_ name: [UInt8]) -> UInt8 {
        name.reduce(0) { ($0 << 7 | $0 >> 1) &+ $1 }
    }
}
