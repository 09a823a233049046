import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport

/// A tree for sizing tests: all that makes filesystems behave differently, at random, from a seed.
struct RandomTree {
    enum Kind: String, CaseIterable, Sendable {
        case tiny, manySmall, sparse, hardLinks, longNames, attributes, mixed, large
    }

    let kind: Kind
    /// Bytes of contents, about.
    let scale: UInt64
    private var generator: SeededGenerator
    private var counter = 0
    private var directories: [String]
    /// In the form that `setfattr --restore` reads.
    private var attributeText = ""
    private let buffer = [UInt8](repeating: 0x5A, count: 1 << 20)

    init(_ kind: Kind, seed: UInt64, at root: FilePath) throws {
        self.kind = kind
        generator = SeededGenerator(seed: seed)
        let most: UInt64 = kind == .large ? 2048 << 20 : kind == .tiny ? 1 << 20 : 120 << 20
        scale = kind == .large ? most : UInt64.random(in: most / 20...most, using: &generator)
        directories = [root.string]
        try make()
        try setAttributes(root)
    }

    private mutating func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    private mutating func make() throws {
        for _ in 0..<directoryCount { try addDirectory() }
        var written: UInt64 = 0
        var files = 0
        while written < scale, files < 20_000 {
            written += try addFile()
            files += 1
            if kind == .hardLinks || (kind == .mixed && files % 20 == 0) { try addLinks() }
            if files % 10 == 0, kind != .large { try addSymbolicLink() }
        }
        if kind == .mixed || kind == .tiny { try addSpecials() }
    }

    private var directoryCount: Int {
        switch kind {
        case .tiny: 3
        case .large: 20
        case .longNames: 8
        default: 200
        }
    }

    private mutating func name() -> String {
        counter += 1
        let length = kind == .longNames ? random(180...240) : random(1...24)
        // Hexadecimal digits, sixteen at a time.
        var text = ""
        while text.utf8.count < length { text += String(generator.next(), radix: 16) }
        return "\(text.prefix(length)).\(counter)"
    }

    private mutating func place() -> String {
        let directory = directories[random(0...directories.count - 1)]
        return "\(directory)/\(name())"
    }

    private mutating func addDirectory() throws {
        // Not too deep: names are long.
        let path = "\(directories[random(0...min(directories.count - 1, 12))])/\(name())"
        guard path.utf8.count < 3000 else { return }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        directories.append(path)
        if kind == .attributes { addAttributes(to: path) }
    }

    /// Gives the bytes that it counts for.
    private mutating func addFile() throws -> UInt64 {
        let path = place()
        // By its text: in test builds FilePath takes a while to look at long ones.
        let file = try path.withCString {
            try FileDescriptor.open($0, .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
        }
        let bytes = try file.closeAfter { try fill(file) }
        if kind == .attributes || (kind == .mixed && random(0...9) == 0) { addAttributes(to: path) }
        return UInt64(max(bytes, 512))
    }

    private mutating func fill(_ file: FileDescriptor) throws -> Int {
        switch kind {
        case .sparse: return try fillSparsely(file)
        case .large: return try write(random(0...3) == 0 ? random(1...64 << 20) : random(0...1 << 20), to: file)
        case .manySmall, .longNames: return try write(random(0...6000), to: file)
        case .tiny, .attributes: return try write(random(0...20_000), to: file)
        case .hardLinks: return try write(random(0...200_000), to: file)
        case .mixed:
            return switch random(0...19) {
            case 0: try fillSparsely(file)
            case 1: try write(random(1...20 << 20), to: file)
            default: try write(random(0...50_000), to: file)
            }
        }
    }

    private func write(_ count: Int, to file: FileDescriptor) throws -> Int {
        var left = count
        while left > 0 {
            let piece = min(left, buffer.count)
            try file.writeAll(buffer[..<piece])
            left -= piece
        }
        return count
    }

    private mutating func fillSparsely(_ file: FileDescriptor) throws -> Int {
        var written = 0
        for _ in 0..<random(0...60) {
            let count = random(1...40_000)
            _ = try file.writeAll(toAbsoluteOffset: Int64(random(0...200 << 20)), buffer[..<count])
            written += count
        }
        try file.resize(to: Int64(random(200...300) << 20))
        return written
    }

    private mutating func addLinks() throws {
        guard let folder = directories.randomElement(using: &generator),
            let first = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().first
        else { return }
        for _ in 0..<random(1...5) {
            let target = place()
            _ = link(folder + "/" + first, target)
        }
    }

    private mutating func addSymbolicLink() throws {
        let length = random(1...200)
        try FileManager.default.createSymbolicLink(
            atPath: place(), withDestinationPath: String(repeating: "t", count: length))
    }

    private mutating func addSpecials() throws {
        for mode in [S_IFIFO, S_IFCHR, S_IFSOCK] { mknod(place(), mode | 0o644, 0x0103) }
    }

    private func setAttributes(_ root: FilePath) throws {
        guard !attributeText.isEmpty else { return }
        let file = root.string + ".attributes"
        try attributeText.write(toFile: file, atomically: false, encoding: .utf8)
        let result = try runTool("setfattr", ["--restore=\(file)"])
        guard result.status == 0 else { throw SystemError("set attributes", because: result.output) }
    }

    /// Some fit an inode, some need a block of their own.
    private mutating func addAttributes(to path: String) {
        attributeText += "\n# file: \(path)\n"
        for index in 0..<random(1...3) {
            let value = (0..<random(1...60)).map { _ in UInt8(random(0...255)) }
            attributeText += "user.note\(index)=0s\(Data(value).base64EncodedString())\n"
        }
        if random(0...3) == 0 {
            // Version 2: owner, user 1000, group, mask, others.
            let entries: [(UInt8, UInt8, UInt32)] = [
                // No two alike: the kernel lets equal blocks of attributes share one.
                (1, 6, .max), (2, 4, UInt32(random(1...1 << 30))), (4, 4, .max), (16, 6, .max), (32, 4, .max),
            ]
            var value: [UInt8] = [2, 0, 0, 0]
            for (tag, permissions, id) in entries {
                value += [tag, 0, permissions, 0] + withUnsafeBytes(of: id.littleEndian) { Array($0) }
            }
            attributeText += "system.posix_acl_access=0s\(Data(value).base64EncodedString())\n"
        }
    }
}
