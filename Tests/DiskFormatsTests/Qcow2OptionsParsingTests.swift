import Testing

@testable import DiskFormats

@Suite struct Qcow2OptionsParsingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        var compression = ClusterCompression.deflate()
        let change: @Sendable (inout Qcow2Options) -> Void
        var testDescription: String { text }
    }

    @Test(arguments: [
        Case(text: "") { _ in },
        Case(text: "compat=1.1") { _ in },
        Case(text: "compat=v3,preallocation=off,encryption=off,extended_l2=off,refcount_bits=16") { _ in },
        Case(text: "compat=0.10") { $0.version = .version2 },
        Case(text: "compat=0.10,compat=1.1") { _ in },
        Case(text: "cluster_size=65536") { _ in },
        Case(text: "cluster_size=2M") { $0.clusterSize = 2 << 20 },
        Case(text: "cluster_size=4k,lazy_refcounts=on") {
            $0.clusterSize = 4096
            $0.hasLazyRefcounts = true
        },
        Case(text: "lazy_refcounts=off") { _ in },
        Case(text: "extent_size_hint=0,data_file_raw=off") { _ in },
        Case(text: "extended_l2=on,refcount_bits=64,size=10G,nocow=on") {
            $0.hasExtendedL2 = true
            $0.refcountBits = 64
            $0.virtualSize = 10 << 30
            $0.disablesCopyOnWrite = true
        },
        Case(text: "preallocation=falloc", compression: .none) {
            $0.compression = .none
            $0.preallocation = .falloc
        },
        Case(text: "backing_fmt=raw,backing_file=a,,b") { $0.backing = Qcow2Backing(name: "a,b", format: "raw") },
        Case(text: "compression_type=zlib", compression: .deflate(level: 9)) { $0.compression = .deflate(level: 9) },
        Case(text: "compression_type=zlib", compression: .zstd()) { $0 = Qcow2Options() },
        Case(text: "compression_type=zstd") { $0 = Qcow2Options(compression: .zstd()) },
        Case(text: "compression_type=zstd", compression: .none) {
            $0.compression = .none
            $0.compressionType = .zstd
        },
    ])
    func theTextOfQemuImgIsUnderstood(_ given: Case) throws {
        var expected = Qcow2Options()
        given.change(&expected)
        #expect(try Qcow2Options(qemuImgOptions: given.text, compression: given.compression) == expected)
    }

    @Test(arguments: [
        ("compat=2", "compat=2", "only 0.10 and 1.1 are known here"),
        ("compression_type=lzo", "compression_type=lzo", "only zlib and zstd are known here"),
        ("preallocation=some", "preallocation=some", "only off, metadata, falloc and full are known"),
        ("refcount_bits=many", "refcount_bits=many", "it is not a number"),
        ("adapter_type=ide", "adapter_type=ide", "qcow2 has no such option"),
        ("extent_size_hint=1M", "extent_size_hint=1M", "only 0 is done here: the file is written in one go"),
        ("data_file=other", "data_file=other", "an image is one file here, its data is not put into another"),
        ("data_file_raw=on", "data_file_raw=on", "there is no data_file here"),
        ("encryption=on", "encryption=on", "images are not encrypted here"),
        ("encrypt.format=luks", "encrypt.format=luks", "images are not encrypted here"),
        ("encrypt.key-secret=sec0", "encrypt.key-secret=sec0", "images are not encrypted here"),
        ("cluster_size=64Q", "cluster_size=64Q", "it is not a whole number of bytes, K, M or G"),
        ("cluster_size=", "cluster_size=", "it is not a whole number of bytes, K, M or G"),
        (
            "cluster_size=99999999999999G", "cluster_size=99999999999999G",
            "it is not a whole number of bytes, K, M or G"
        ),
        ("lazy_refcounts=maybe", "lazy_refcounts=maybe", "it is neither on nor off"),
        ("help", "help", "it is not of the form key=value"),
    ])
    func whatIsNotDoneHereIsNamed(text: String, option: String, reason: String) {
        let error = #expect(throws: DiskFormatError.self) { try Qcow2Options(qemuImgOptions: text) }
        #expect(error == DiskFormatError(.unsupported, "honour qemu-img option '\(option)'", reason))
    }

    private static let needsVersion3 =
        "zstd compression, lazy refcounts, extended entries and other refcounts than 16 bits need compat=1.1"

    @Test(arguments: [
        ("refcount_bits=3", "refcounts of 3 bits are not a power of two up to 64"),
        ("refcount_bits=128", "refcounts of 128 bits are not a power of two up to 64"),
        ("compat=0.10,refcount_bits=8", Self.needsVersion3),
        ("compat=0.10,extended_l2=on", Self.needsVersion3),
        ("extended_l2=on,cluster_size=8k", "extended entries need clusters of at least 16384 bytes"),
        ("preallocation=metadata", "preallocation and compression exclude each other"),
        ("backing_file=base", "a backing file needs its name and its format (backing_fmt)"),
        ("backing_fmt=raw", "a backing file needs its name and its format (backing_fmt)"),
        ("backing_file=base,backing_fmt=odd", "backing files of format 'odd' are not read here"),
        (
            "cluster_size=512,backing_fmt=raw,backing_file=" + String(repeating: "a", count: 353),
            "the name of its backing file is longer than 352 bytes"
        ),
        ("cluster_size=256", "cluster size 256 is not a power of two from 512 to 2097152"),
        ("cluster_size=4M", "cluster size 4194304 is not a power of two from 512 to 2097152"),
        ("cluster_size=0", "cluster size 0 is not a power of two from 512 to 2097152"),
        ("compat=0.10,compression_type=zstd", Self.needsVersion3),
        ("compat=0.10,lazy_refcounts=on", Self.needsVersion3),
    ])
    func whatNoFileCanBeIsRefused(text: String, reason: String) {
        let error = #expect(throws: DiskFormatError.self) { try Qcow2Options(qemuImgOptions: text) }
        #expect(error == DiskFormatError(.invalidRequest, "make a qcow2 image", reason))
    }

    @Test(arguments: [ClusterCompression.deflate(level: 0), .deflate(level: 13), .zstd(level: 0), .zstd(level: 20)])
    func levelsThatDoNotExistAreRefused(_ compression: ClusterCompression) {
        #expect(throws: DiskFormatError.self) { try Qcow2Options(qemuImgOptions: "", compression: compression) }
    }
}
