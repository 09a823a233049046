import Testing

@testable import DiskFormats

@Suite struct Qcow2HeaderTests {
    private static let sample: Qcow2Header = {
        var header = Qcow2Header()
        header.virtualSize = 10 << 30
        header.l1EntryCount = 20
        header.l1Offset = 0x30000
        header.refcountTableOffset = 0x10000
        header.refcountTableClusters = 1
        header.incompatibleFeatures = Qcow2Header.Incompatible.compressionType.rawValue
        header.compatibleFeatures = 1
        header.compressionType = .zstd
        return header
    }()

    @Test func aHeaderSurvivesWritingAndParsing() throws {
        #expect(try Qcow2Header(parsing: Self.sample.encoded(), name: "x") == Self.sample)
        var old = Qcow2Header()
        old.version = 2
        old.headerLength = 72
        old.l1Offset = 0x10000
        #expect(old.encoded().count == 80)
        #expect(try Qcow2Header(parsing: old.encoded(), name: "x") == old)
    }

    @Test(arguments: 0..<105) func aHeaderCutShortIsRefused(length: Int) {
        #expect(throws: DiskFormatError.self) {
            try Qcow2Header(parsing: Array(Self.sample.encoded()[..<length]), name: "x")
        }
    }

    struct Corruption: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let change: @Sendable (inout Qcow2Header) -> Void
    }

    @Test(arguments: [
        Corruption(testDescription: "version 4", reason: "qcow2 version 4 is not known") { $0.version = 4 },
        Corruption(testDescription: "version 1", reason: "qcow2 version 1 is not known") { $0.version = 1 },
        Corruption(testDescription: "tiny clusters", reason: "a cluster size of 2^8 bytes is not allowed") {
            $0.clusterBits = 8
        },
        Corruption(testDescription: "huge clusters", reason: "a cluster size of 2^4294967295 bytes is not allowed") {
            $0.clusterBits = .max
        },
        Corruption(testDescription: "header longer than a cluster", reason: "a header of 131072 bytes is not allowed") {
            $0.headerLength = 131072
        },
        Corruption(testDescription: "short header", reason: "a header of 96 bytes is not allowed") {
            $0.headerLength = 96
            $0.incompatibleFeatures = 0
        },
        Corruption(
            testDescription: "no room for the compression type",
            reason: "its header has no room for the compression type it announces"
        ) { $0.headerLength = 104 },
        Corruption(testDescription: "refcount width", reason: "refcounts of 2^7 bits are not allowed") {
            $0.refcountOrder = 7
        },
        Corruption(
            testDescription: "largest disk",
            reason: "a disk of 18446744073709551615 bytes is too large for its cluster size"
        ) { $0.virtualSize = .max },
        Corruption(
            testDescription: "first-level table too short",
            reason: "its first-level table of 19 entries does not fit the disk's size"
        ) { $0.l1EntryCount = 19 },
        Corruption(
            testDescription: "first-level table too long",
            reason: "its first-level table of 4194305 entries does not fit the disk's size"
        ) { $0.l1EntryCount = 4_194_305 },
        Corruption(testDescription: "unaligned table", reason: "a table does not start at a cluster") {
            $0.l1Offset = 0x30200
        },
    ])
    func whatContradictsTheSpecificationIsRefused(_ corruption: Corruption) {
        var header = Self.sample
        corruption.change(&header)
        let error = #expect(throws: DiskFormatError.self) { try Qcow2Header(parsing: header.encoded(), name: "x") }
        #expect(error?.description == "cannot read 'x': \(corruption.reason)")
    }

    @Test func anUnknownCompressionTypeIsRefused() {
        var bytes = Self.sample.encoded()
        bytes[104] = 2
        let error = #expect(throws: DiskFormatError.self) { try Qcow2Header(parsing: bytes, name: "x") }
        #expect(error == DiskFormatError(.unsupported, "read 'x'", "compression type 2 is not known"))
    }
}
