import Basics
import BlockDevices
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    /// What a tree takes in squashfs and erofs at most, against what their programs write with nothing compressed.
    @Suite(.requires(.root, .tool("mksquashfs"), .tool("mkfs.erofs"), .tool("setfattr")))
    struct ReadOnlyModelTests {
        private static let documents = [
            "squashfs": "-noI -noD -noF -noX -no-duplicates -b 4K -no-progress", "erofs": "-d0",
        ]

        private func plan(_ type: String, _ options: String) throws -> FilesystemPlan {
            let document = """
                - local_loop: {name: image0}
                - mkfs: {name: fs, base: image0, type: \(type), opts: '\(options)', mount: {mount_point: /}}
                """
            let parameters = BlockDeviceParameters(
                imageSize: .gibibytes(1), imageDirectory: "/i", mountBase: "/m", backend: .file)
            var generator = SeededGenerator(seed: 1)
            let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters)
            return try #require(try BlockDeviceLayout(graph, using: &generator).filesystems.first)
        }

        @Test(
            "the bound holds, and is not far away", .timeLimit(.minutes(5)),
            arguments: [RandomTree.Kind.tiny, .sparse, .longNames, .attributes, .mixed])
        func bound(kind: RandomTree.Kind) async throws {
            try await withScratchDirectory("readonly") { folder in
                let tree = folder.appending("tree")
                try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
                _ = try RandomTree(kind, seed: 11, at: tree)
                let part = try #require(TreePart.parts(of: try TreeSurvey.walk(tree), mountPoints: ["/"]).first)
                for (type, options) in Self.documents.sorted(by: { $0.key < $1.key }) {
                    // mkfs.erofs writes the holes, gigabytes of them.
                    if type == "erofs", kind == .sparse { continue }
                    let plan = try plan(type, options)
                    let bound = plan.model.demand(of: part, allocationUnit: 4096).bytes
                    let image = folder.appending(type).string
                    let words = plan.command.arguments
                    let made =
                        type == "squashfs"
                        ? try runTool("mksquashfs", [tree.string, image, "-noappend"] + words)
                        : try runTool("mkfs.erofs", words + [image, tree.string])
                    #expect(made.status == 0, "\(made.output.suffix(2000))")
                    let size = try #require(FileManager.default.attributesOfItem(atPath: image)[.size] as? UInt64)
                    #expect(size <= bound, "\(type), \(kind): \(size) bytes, at most \(bound) expected")
                    let slack = Double(bound) / Double(size)
                    // Many tiny files count as a block each.
                    #expect(slack < 2 || bound - size < 24 << 20, "\(type), \(kind): \(size) bytes, \(bound) expected")
                }
            }
        }
    }
}
