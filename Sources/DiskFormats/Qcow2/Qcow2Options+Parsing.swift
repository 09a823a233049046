extension Qcow2Options {
    /// Parses the text of qemu-img's `-o` (and of `--qemu-img-options`): `key=value,…`, a comma in a value doubled.
    ///
    /// `compression` is what to do with clusters; `compression_type` may change its method. Throws `.unsupported` for what
    /// is not done here, and `.invalidRequest` for what no qcow2 file can be. Every key that qemu-img 7.2 to 10 lists for
    /// qcow2 is known. The last of equal keys wins, as with qemu-img.
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
        case "preallocation":
            guard let mode = Preallocation(rawValue: value) else {
                throw Self.unsupported("\(key)=\(value)", "only off, metadata, falloc and full are known")
            }
            preallocation = mode
        case "extended_l2": hasExtendedL2 = try Self.flag(value, key: key)
        case "refcount_bits":
            guard let bits = Int(value) else { throw Self.unsupported("\(key)=\(value)", "it is not a number") }
            refcountBits = bits
        case "size": virtualSize = try Self.size(value, key: key)
        case "nocow": disablesCopyOnWrite = try Self.flag(value, key: key)
        case "backing_file": backing = Qcow2Backing(name: value, format: backing?.format)
        case "backing_fmt": backing = Qcow2Backing(name: backing?.name ?? "", format: value)
        default: try refuse(key: key, value: value)
        }
    }

    /// What qemu-img knows and this program does not do, unless it is switched off.
    private func refuse(key: String, value: String) throws(DiskFormatError) {
        let option = "\(key)=\(value)"
        switch key {
        case "data_file": throw Self.unsupported(option, "an image is one file here, its data is not put into another")
        case "data_file_raw", "encryption":
            guard try !Self.flag(value, key: key) else {
                let reason = key == "encryption" ? "images are not encrypted here" : "there is no data_file here"
                throw Self.unsupported(option, reason)
            }
        case "extent_size_hint":
            guard try Self.size(value, key: key) == 0 else {
                throw Self.unsupported(option, "only 0 is done here: the file is written in one go")
            }
        case _ where key.hasPrefix("encrypt."): throw Self.unsupported(option, "images are not encrypted here")
        default: throw Self.unsupported(option, "qcow2 has no such option")
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
