/// A format to write, with what it shall be.
package enum ImageEncoding: Sendable, Hashable {
    case qcow2(Qcow2Options)
    case raw
    case vhd(VhdOptions)
    case vmdk(VmdkOptions)
    case vdi(VdiOptions)
    case vhdx(VhdxOptions)

    /// The words for formats that are written here; `vpc` is qemu-img's VHD, whose size is rounded to cylinders.
    package static let names = ["qcow2", "raw", "vhd", "vpc", "vmdk", "vdi", "vhdx"]

    package var format: DiskImageFormat {
        switch self {
        case .qcow2: .qcow2
        case .raw: .raw
        case .vhd: .vhd
        case .vmdk: .vmdk
        case .vdi: .vdi
        case .vhdx: .vhdx
        }
    }

    /// The formats of these names with the options that concern them, all of which must be written here.
    package static func encodings(
        of names: [String], options text: String, compression: ClusterCompression = .deflate()
    ) throws(DiskFormatError) -> [ImageEncoding] {
        for name in names where !Self.names.contains(name) {
            throw DiskFormatError(.invalidRequest, "write '\(name)' images", "it is no format that is written here")
        }
        return try knownEncodings(of: names, options: text, compression: compression).compactMap(\.self)
    }

    /// The same with nil for formats that are not written here.
    ///
    /// Each option goes to every format that has one of that name; one that none has is refused.
    package static func knownEncodings(
        of names: [String], options text: String, compression: ClusterCompression
    ) throws(DiskFormatError) -> [ImageEncoding?] {
        let items = try OptionText(text).items
        for item in items where !names.contains(where: { keys(of: $0).contains(item.key) }) {
            throw item.refused("there is no such option of \(names.joined(separator: ", "))")
        }
        var result: [ImageEncoding?] = []
        for name in names {
            let own = items.filter { keys(of: name).contains($0.key) }
            result.append(try encoding(name, own, compression))
        }
        return result
    }

    /// The part of a text of options that concerns a format.
    package static func options(_ text: String, of name: String) -> String {
        let items = (try? OptionText(text).items) ?? []
        return items.filter { keys(of: name).contains($0.key) }.map(\.text).joined(separator: ",")
    }

    private static func encoding(
        _ name: String, _ items: [OptionText.Item], _ compression: ClusterCompression
    ) throws(DiskFormatError) -> ImageEncoding? {
        switch name {
        case "qcow2":
            let text = items.map(\.text).joined(separator: ",")
            return .qcow2(try Qcow2Options(qemuImgOptions: text, compression: compression))
        case "raw": return .raw
        case "vhd": return .vhd(try VhdOptions(items, sizeRule: .exact))
        case "vpc": return .vhd(try VhdOptions(items, sizeRule: .geometry))
        case "vmdk":
            var options = try VmdkOptions(items)
            if case .deflate(let level) = compression { options.level = level }
            return .vmdk(options)
        case "vdi": return .vdi(try VdiOptions(items))
        case "vhdx": return .vhdx(try VhdxOptions(items))
        default: return nil
        }
    }

    /// The options that qemu-img has for a format, by `qemu-img convert -O FORMAT -o help`.
    package static func keys(of name: String) -> [String] {
        switch name {
        case "qcow2":
            [
                "backing_file", "backing_fmt", "cluster_size", "compat", "compression_type", "data_file",
                "data_file_raw", "encrypt.cipher-alg", "encrypt.cipher-mode", "encrypt.format", "encrypt.hash-alg",
                "encrypt.iter-time", "encrypt.ivgen-alg", "encrypt.ivgen-hash-alg", "encrypt.key-secret", "encryption",
                "extended_l2", "extent_size_hint", "lazy_refcounts", "nocow", "preallocation", "refcount_bits", "size",
            ]
        case "vhd", "vpc": ["force_size", "size", "subformat"]
        case "vmdk":
            [
                "adapter_type", "backing_file", "backing_fmt", "compat6", "hwversion", "size", "subformat",
                "toolsversion", "zeroed_grain",
            ]
        case "vdi": ["size", "static"]
        case "vhdx": ["block_size", "block_state_zero", "log_size", "size", "subformat"]
        case "qcow": ["backing_file", "backing_fmt", "encrypt.format", "encrypt.key-secret", "encryption", "size"]
        case "qed": ["backing_file", "backing_fmt", "cluster_size", "size", "table_size"]
        case "parallels": ["cluster_size", "size"]
        default: []
        }
    }
}

extension VhdOptions {
    init(_ items: [OptionText.Item], sizeRule: SizeRule) throws(DiskFormatError) {
        self.init(sizeRule: sizeRule)
        for item in items {
            switch item.key {
            case "subformat": subformat = try item.choice(Subformat.self)
            case "force_size": self.sizeRule = try item.flag() ? .exact : .geometry
            default: throw item.refused("the size is the disk's")
            }
        }
    }
}

extension VdiOptions {
    init(_ items: [OptionText.Item]) throws(DiskFormatError) {
        for item in items {
            guard item.key == "static" else { throw item.refused("the size is the disk's") }
            isStatic = try item.flag()
        }
    }
}

extension VhdxOptions {
    init(_ items: [OptionText.Item]) throws(DiskFormatError) {
        for item in items {
            switch item.key {
            case "subformat": subformat = try item.choice(Subformat.self)
            case "block_size":
                let size = try item.size()
                if size != 0 { blockSize = size }
            case "log_size": logSize = try item.size()
            // Blocks without data are not present here, which says zero by the specification: both values hold.
            case "block_state_zero": _ = try item.flag()
            default: throw item.refused("the size is the disk's")
            }
        }
        try validate()
    }
}

extension VmdkOptions {
    init(_ items: [OptionText.Item]) throws(DiskFormatError) {
        for item in items {
            switch item.key {
            case "subformat": subformat = try Self.subformat(item)
            case "adapter_type": adapter = try item.choice(VmdkAdapter.self)
            case "hwversion": hardwareVersion = try Self.number(item)
            case "toolsversion": toolsVersion = try Self.number(item)
            case "compat6": if try item.flag() { hardwareVersion = "6" }
            case "zeroed_grain": hasZeroedGrains = try item.flag()
            case "backing_file", "backing_fmt": throw item.refused("only images that need no other are written")
            default: throw item.refused("the size is the disk's")
            }
        }
    }

    private static func subformat(_ item: OptionText.Item) throws(DiskFormatError) -> Subformat {
        guard !["monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"].contains(item.value) else {
            throw item.refused("that is an image of several files; only one is published")
        }
        return try item.choice(Subformat.self)
    }

    /// The descriptor is text: what is not a number could add lines of its own.
    private static func number(_ item: OptionText.Item) throws(DiskFormatError) -> String {
        guard UInt32(item.value) != nil else { throw item.refused("it is not a number") }
        return item.value
    }
}
