import Basics
import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

/// FAT filesystems filled without a driver; fsck.vfat, 7z and blkid judge them.
@Suite("FAT filled in a file", .requires(.tool("mkfs.vfat"), .tool("fsck.vfat"), .tool("7z")))
struct FATVolumeTests {
    /// A filesystem somewhere in an image file, and what is asked of mkfs.vfat for it.
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var mebibytes = 40
        var offset: UInt64 = 1 << 20
        var sector = 512
        var options: [String] = []
    }

    static let shapes = [
        Shape(testDescription: "FAT12 at the start", mebibytes: 3, offset: 0, options: ["-F", "12"]),
        Shape(testDescription: "FAT16", mebibytes: 20, options: ["-F", "16"]),
        Shape(testDescription: "FAT32", options: ["-F", "32", "-s", "1"]),
        Shape(
            testDescription: "FAT32 of 4096-byte sectors", mebibytes: 300, offset: 3 << 20, sector: 4096,
            options: ["-F", "32"]),
        Shape(
            testDescription: "FAT32 beyond 4 GiB with one table", mebibytes: 64, offset: 5 << 30,
            options: ["-F", "32", "-s", "1", "-f", "1"]),
    ]

    private func make(_ shape: Shape, in directory: FilePath) throws -> FilePath {
        let image = directory.appending("disk.img")
        try Data().write(to: URL(fileURLWithPath: image.string))
        let file = try FileDescriptor.open(image, .readWrite)
        try file.closeAfter { try file.resize(to: Int64(shape.offset) + Int64(shape.mebibytes + 1) << 20) }
        let sectors = shape.offset / UInt64(shape.sector)
        let made = try runTool(
            "mkfs.vfat",
            ["-S", "\(shape.sector)", "-h", "\(sectors)", "--offset", "\(sectors)", "-i", "1234ABCD", "-n", "ESP"]
                + shape.options + [image.string, "\(shape.mebibytes << 10)"])
        try #require(made.status == 0, "\(made.output)")
        return image
    }

    /// The filesystem as a file of its own: fsck.vfat and 7z know no offset.
    private func extract(_ shape: Shape, from image: FilePath) throws -> String {
        let file = image.removingLastComponent().appending("volume.img").string
        let copied = try runTool(
            "dd",
            [
                "if=\(image)", "of=\(file)", "bs=1M", "skip=\(shape.offset >> 20)", "count=\(shape.mebibytes)",
                "conv=sparse",
            ])
        try #require(copied.status == 0, "\(copied.output)")
        return file
    }

    private func write(_ files: [String: Data], to tree: FilePath) throws {
        for (name, data) in files {
            let path = tree.pushing(FilePath(name))
            try FileManager.default.createDirectory(
                atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
            try data.write(to: URL(fileURLWithPath: path.string))
        }
    }

    /// Every path below a directory, with the contents of files.
    private func contents(of tree: FilePath) throws -> [String: Data?] {
        var found: [String: Data?] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: tree.string) ?? .init() {
            var isDirectory: ObjCBool = false
            let path = tree.pushing(FilePath(name)).string
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            found.updateValue(isDirectory.boolValue ? nil : FileManager.default.contents(atPath: path), forKey: name)
        }
        return found
    }

    @Test("names, contents and structure are what the judges read", arguments: shapes)
    func filled(shape: Shape) async throws {
        try await withScratchDirectory { directory in
            let image = try make(shape, in: directory)
            let tree = directory.appending("tree")
            var files = [
                "EFI/BOOT/BOOTX64.EFI": Data(repeating: 7, count: 1_000_003),
                "EFI/BOOT/grub.cfg": Data("search\n".utf8),
                "EFI/debian/shimx64.efi": Data(repeating: 9, count: 4096), "empty": Data(), "aux.txt": Data("a".utf8),
                "a long näme/with [brackets] Ω.txt": Data("x".utf8), "holes": Data(count: 70_000) + Data([1]),
            ]
            for number in 0..<60 { files["many/entry number \(number) of many.conf"] = Data("\(number)".utf8) }
            try write(files, to: tree)
            try FileManager.default.createDirectory(
                atPath: tree.appending("bare").string, withIntermediateDirectories: true)
            let usage = try FATVolume(image, offset: shape.offset).fill(FATItem.scan(tree))
            #expect(usage.used < usage.capacity)
            let volume = try extract(shape, from: image)
            let check = try runTool("fsck.vfat", ["-n", volume])
            #expect(check.status == 0, "\(check.output)")
            let out = directory.appending("out")
            _ = try runTool(
                "7z", ["x", "-y", "-o\(out)", volume], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"])
            #expect(try contents(of: out) == contents(of: tree))
            let label = try runTool("blkid", ["-p", "-s", "LABEL", "-s", "UUID", "-o", "value", volume])
            #expect(label.output.split(separator: "\n").sorted() == ["1234-ABCD", "ESP"])
        }
    }

    @Test("times are those of the tree, whatever the zone, and read-only files stay so")
    func times() async throws {
        try await withScratchDirectory { directory in
            let shape = Self.shapes[2]
            let image = try make(shape, in: directory)
            let tree = directory.appending("tree")
            try write(["EFI/a.txt": Data("a".utf8), "old": Data("b".utf8), "late": Data()], to: tree)
            for (name, seconds) in [
                ("EFI/a.txt", 1_704_164_645), ("EFI", 1_000_000_000), ("old", 0), ("late", 1_800_000_000),
            ] {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: Double(seconds))],
                    ofItemAtPath: tree.pushing(FilePath(name)).string)
            }
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o444], ofItemAtPath: tree.appending("old").string)
            try FATVolume(image, offset: shape.offset).fill(FATItem.scan(tree), latest: 1_704_164_645)
            let listing = try runTool(
                "7z", ["l", "-slt", extract(shape, from: image)], environment: ["PATH": "/usr/bin:/bin", "TZ": "UTC0"])
            var rows: [String: String] = [:]
            var name = ""
            for line in listing.output.split(separator: "\n") {
                if line.hasPrefix("Path = ") { name = String(line.dropFirst(7)) }
                for key in ["Modified = ", "Attributes = "] where line.hasPrefix(key) {
                    rows[name, default: ""] += " " + line.dropFirst(key.count)
                }
            }
            #expect(rows["EFI/a.txt"]?.contains("2024-01-02 03:04:04") == true, "\(rows)")
            #expect(rows["EFI"]?.contains("2001-09-09 01:46:40") == true, "\(rows)")
            #expect(rows["old"]?.contains("1980-01-01 00:00:00") == true, "\(rows)")
            #expect(rows["old"]?.contains("R") == true, "\(rows)")
            #expect(rows["late"]?.contains("2024-01-02 03:04:04") == true, "\(rows)")
        }
    }

    @Test("random trees come back whole, and equal trees give equal bytes", arguments: 0..<8)
    func randomTrees(seed: UInt64) async throws {
        try await withScratchDirectory { directory in
            var random = SeededGenerator(seed: seed)
            let shape = Self.shapes[Int(seed) % 3]
            let tree = directory.appending("tree")
            var files: [String: Data] = [:]
            let alphabet = Array("abcXYZ019 ._-~+=[]{}äß漢😀")
            var folders = [""]
            for _ in 0..<Int.random(in: 1...120, using: &random) {
                let length = Int.random(in: 1...60, using: &random)
                var name = String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "x" })
                name += "\(files.count)"
                let folder = folders.randomElement(using: &random) ?? ""
                let size = Int.random(in: 0...9000, using: &random)
                files[folder + name] = Data((0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
                if Int.random(in: 0..<6, using: &random) == 0, folder.count < 100 {
                    folders.append("\(folder)d\(folders.count)/")
                }
            }
            try write(files, to: tree)
            let first = try make(shape, in: directory)
            try FATVolume(first, offset: shape.offset).fill(FATItem.scan(tree))
            let volume = try extract(shape, from: first)
            #expect(try runTool("fsck.vfat", ["-n", volume]).status == 0)
            let out = directory.appending("out")
            _ = try runTool(
                "7z", ["x", "-y", "-o\(out)", volume], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"])
            #expect(try contents(of: out) == contents(of: tree))
            let again = directory.appending("again")
            try FileManager.default.createDirectory(atPath: again.string, withIntermediateDirectories: true)
            let second = try make(shape, in: again)
            try FATVolume(second, offset: shape.offset).fill(FATItem.scan(tree))
            // mkfs.vfat stamps the label with the clock: the files and tables behind it are compared.
            let difference = try runTool("cmp", ["-l", volume, extract(shape, from: second)])
            #expect(difference.output.split(separator: "\n").count <= 8, "\(difference.output.prefix(500))")
        }
    }

    @Test(
        "a filesystem can be filled to its last cluster; one byte more is refused, with numbers, and nothing is written"
    )
    func full() async throws {
        try await withScratchDirectory { directory in
            let shape = Shape(testDescription: "", mebibytes: 3, offset: 1 << 20, options: ["-F", "12", "-s", "4"])
            let image = try make(shape, in: directory)
            let tree = directory.appending("tree")
            let volume = try FATVolume(image, offset: shape.offset)
            let room = volume.geometry.capacity
            try write(["a": Data(repeating: 1, count: Int(room) + 1)], to: tree)
            let before = try runTool("sha256sum", [image.string]).output
            let error = #expect(throws: DiskFormatError.self) { try volume.fill(FATItem.scan(tree)) }
            #expect(error?.kind == .noSpace)
            #expect(
                error?.reason
                    == "no space left: the files take \(room + 2048) bytes in clusters of 2048, it has room for \(room)"
            )
            #expect(try runTool("sha256sum", [image.string]).output == before)
            try write(["a": Data(repeating: 1, count: Int(room))], to: tree)
            #expect(try volume.fill(FATItem.scan(tree)).used == room)
            let extracted = try extract(shape, from: image)
            #expect(try runTool("fsck.vfat", ["-n", extracted]).status == 0)
            let again = #expect(throws: DiskFormatError.self) { try volume.fill([]) }
            #expect(again?.reason == "it is not empty")
        }
    }

    @Test("the root directory of a FAT16 is as large as it is")
    func fullRoot() async throws {
        try await withScratchDirectory { directory in
            let shape = Self.shapes[1]
            let image = try make(shape, in: directory)
            let items = (0..<512).map { FATItem(name: "f\($0)", modified: 0, content: .directory([])) }
            let error = #expect(throws: DiskFormatError.self) { try FATVolume(image, offset: shape.offset).fill(items) }
            #expect(
                error?.reason == "no space left: its root directory has room for 512 entries, and 513 are needed")
            try FATVolume(image, offset: shape.offset).fill(Array(items.dropLast()))
            #expect(try runTool("fsck.vfat", ["-n", extract(shape, from: image)]).status == 0)
        }
    }

    @Test("what FAT cannot hold is refused by name")
    func refused() async throws {
        try await withScratchDirectory { directory in
            let tree = directory.appending("tree")
            try write(["EFI/a": Data(), "EFI/A": Data(), "x:y": Data()], to: tree)
            try FileManager.default.createSymbolicLink(
                atPath: tree.appending("link").string, withDestinationPath: "EFI/a")
            let error = #expect(throws: DiskFormatError.self) { try FATItem.scan(tree) }
            #expect(error?.reason == "'EFI/a' and 'A' differ in nothing but case (and 2 more such names)")
            try FileManager.default.removeItem(atPath: tree.appending("EFI/A").string)
            try FileManager.default.removeItem(atPath: tree.appending("x:y").string)
            #expect(
                throws: DiskFormatError(
                    .invalidRequest, "put '\(tree)' onto a FAT filesystem", "'link' is a symbolic link")
            ) {
                try FATItem.scan(tree)
            }
        }
    }

    @Test("what is no FAT filesystem is not written to")
    func notFAT() async throws {
        try await withScratchDirectory { directory in
            let image = directory.appending("x.img")
            try Data(count: 8192).write(to: URL(fileURLWithPath: image.string))
            #expect(throws: DiskFormatError.self) { try FATVolume(image) }
            #expect(throws: DiskFormatError.self) { try FATVolume(image, offset: 1 << 30) }
        }
    }
}
