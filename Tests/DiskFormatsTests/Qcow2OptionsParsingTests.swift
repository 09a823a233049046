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
        ("preallocation=metadata", "preallocation=metadata", "only 'off' is written here"),
        ("extended_l2=on", "extended_l2=on", "only 'off' is written here"),
        ("refcount_bits=64", "refcount_bits=64", "only 16 bits are written here"),
        ("compat=2", "compat=2", "only 0.10 and 1.1 are known here"),
        ("compression_type=lzo", "compression_type=lzo", "only zlib and zstd are known here"),
        ("backing_file=a,,b", "backing_file=a,b", "the option is not known here"),
        ("extent_size_hint=1M", "extent_size_hint=1M", "the option is not known here"),
        ("cluster_size=64Q", "cluster_size=64Q", "it is not a whole number of bytes, K, M or G"),
        ("cluster_size=", "cluster_size=", "it is not a whole number of bytes, K, M or G"),
        (
            "cluster_size=99999999999999G", "cluster_size=99999999999999G",
            "it is not a whole number of bytes, K, M or G"
        ),
        ("lazy_refcounts=maybe", "lazy_refcounts=maybe", "it is neither on nor off"),
        ("help", "help", "it is not of the form key=value"),
    ])
    func whatOnlyQemuImgCanJudgeIsNamed(text: String, option: String, reason: String) {
        let error = #expect(throws: DiskFormatError.self) { try Qcow2Options(qemuImgOptions: text) }
        #expect(error == DiskFormatError(.unsupported, "honour qemu-img option '\(option)'", reason))
    }

    @Test(arguments: [
        ("cluster_size=256", "cluster size 256 is not a power of two from 512 to 2097152"),
        ("cluster_size=4M", "cluster size 4194304 is not a power of two from 512 to 2097152"),
        ("cluster_size=0", "cluster size 0 is not a power of two from 512 to 2097152"),
        ("compat=0.10,compression_type=zstd", "zstd compression and lazy refcounts need compat=1.1"),
        ("compat=0.10,lazy_refcounts=on", "zstd compression and lazy refcounts need compat=1.1"),
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
