extension Qcow2Options {
    /// Parses the text of qemu-img's `-o` (and of `--qemu-img-options`): `key=value,…`, a comma in a value doubled.
    ///
    /// `compression` is what to do with clusters; `compression_type` may change its method. Throws `.unsupported` for what
    /// only qemu-img can judge or do, so that a planner may hand the job over, and `.invalidRequest` for what it would
    /// refuse as well. The last of equal keys wins, as with qemu-img.
    package init(qemuImgOptions text: String, compression: ClusterCompression = .deflate()) throws(DiskFormatError) {
        self.init(compression: compression)
        for item in Self.split(text) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw Self.unsupported(item, "it is not of the form key=value") }
            try apply(key: parts[0], value: parts[1])
        }
        try validate()
    }

    private mutating func apply(key: String, value: String) throws(DiskFormatError) {
        switch key {
        case "compat": try applyCompat(value)
        case "cluster_size": clusterSize = try Self.size(value, key: key)
        case "compression_type": try applyCompressionType(value)
        case "lazy_refcounts": hasLazyRefcounts = try Self.flag(value, key: key)
        case "preallocation", "encryption", "extended_l2", "data_file_raw", "nocow":
            guard value == "off" else { throw Self.unsupported("\(key)=\(value)", "only 'off' is written here") }
        case "refcount_bits":
            guard value == "16" else { throw Self.unsupported("\(key)=\(value)", "only 16 bits are written here") }
        default: throw Self.unsupported("\(key)=\(value)", "the option is not known here")
        }
    }

    private mutating func applyCompat(_ value: String) throws(DiskFormatError) {
        switch value {
        case "0.10", "v2": version = .version2
        case "1.1", "v3": version = .version3
        default: throw Self.unsupported("compat=\(value)", "only 0.10 and 1.1 are known here")
        }
    }

    /// Keeps a level that was asked for with the same method.
    private mutating func applyCompressionType(_ value: String) throws(DiskFormatError) {
        switch (value, compression) {
        case ("zlib", .zstd): (compressionType, compression) = (.deflate, .deflate())
        case ("zlib", _): compressionType = .deflate
        case ("zstd", .deflate): (compressionType, compression) = (.zstd, .zstd())
        case ("zstd", _): compressionType = .zstd
        default: throw Self.unsupported("compression_type=\(value)", "only zlib and zstd are known here")
        }
    }

    /// Splits at single commas; two commas stand for one in the value.
    private static func split(_ text: String) -> [String] {
        let marked = text.replacing(",,", with: "\u{0}")
        return marked.split(separator: ",").map { String($0).replacing("\u{0}", with: ",") }
    }

    private static func flag(_ value: String, key: String) throws(DiskFormatError) -> Bool {
        switch value {
        case "on", "yes", "true", "y": return true
        case "off", "no", "false", "n": return false
        default: throw unsupported("\(key)=\(value)", "it is neither on nor off")
        }
    }

    /// A whole number with QEMU's binary suffixes.
    private static func size(_ value: String, key: String) throws(DiskFormatError) -> UInt64 {
        let digits = value.prefix { $0.isASCII && $0.isNumber }
        let shifts: [String: UInt64] = ["": 0, "b": 0, "B": 0, "k": 10, "K": 10, "m": 20, "M": 20, "g": 30, "G": 30]
        guard let number = UInt64(digits), let shift = shifts[String(value.dropFirst(digits.count))],
            number <= UInt64.max >> shift
        else { throw unsupported("\(key)=\(value)", "it is not a whole number of bytes, K, M or G") }
        return number << shift
    }

    private static func unsupported(_ option: String, _ reason: String) -> DiskFormatError {
        DiskFormatError(.unsupported, "honour qemu-img option '\(option)'", reason)
    }
}
