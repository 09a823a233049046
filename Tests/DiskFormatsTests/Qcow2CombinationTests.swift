import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Our reader on qcow2 images of every combination of options that qemu-img has; `make property` takes 500 of them.
@Suite(.requires(.tool("qemu-img"))) struct Qcow2CombinationTests {
    struct Combination: CustomStringConvertible {
        var options: [String]
        var arguments: [String] = []
        var isCompressed: Bool { arguments.contains("-c") }
        var description: String { (arguments + ["-o", options.joined(separator: ",")]).joined(separator: " ") }
    }

    /// All that qemu-img accepts: version 2 has one width of refcounts, deflate and nothing else; extended entries need
    /// clusters of 16 KiB; what is compressed cannot be allocated before.
    static let all: [Combination] = {
        var made: [Combination] = []
        for size in (9...21).map({ 1 << $0 }) {
            var kinds = [["compat=0.10"]]
            for bits in [1, 2, 4, 8, 16, 32, 64] {
                for lazy in ["off", "on"] {
                    for type in ["zlib", "zstd"] {
                        let base = [
                            "compat=1.1", "refcount_bits=\(bits)", "lazy_refcounts=\(lazy)", "compression_type=\(type)",
                        ]
                        kinds.append(base)
                        if size >= 16384 { kinds.append(base + ["extended_l2=on"]) }
                    }
                }
            }
            for kind in kinds {
                let options = ["cluster_size=\(size)"] + kind
                made.append(Combination(options: options))
                made.append(Combination(options: options, arguments: ["-c"]))
                made.append(Combination(options: options, arguments: ["-c", "-W", "-m", "3"]))
                for mode in ["metadata", "falloc", "full"] {
                    made.append(Combination(options: options + ["preallocation=\(mode)"]))
                }
            }
        }
        return made
    }()

    /// The seeds walk through all of them in steps that share no factor with their number.
    private func combination(_ seed: UInt64) -> Combination { Self.all[Int(seed) * 7919 % Self.all.count] }

    @Test func thereAreThousandsAndNoneTwice() {
        #expect(Self.all.count > 3000)
        #expect(Set(Self.all.map(\.description)).count == Self.all.count)
        #expect(Set((0..<500).map { combination($0).description }).count == 500)
    }

    @Test(arguments: propertySeeds(24)) func whatIsConvertedIsRead(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            let combination = combination(seed)
            try RandomDisk(size: (3 << 20) + 512, seed: seed).write(to: raw)
            let made = try runTool(
                "qemu-img",
                ["convert", "-f", "raw", "-O", "qcow2"] + combination.arguments
                    + ["-o", combination.options.joined(separator: ","), raw.string, image.string])
            #expect(made.status == 0, "\(combination): \(made.output)")
            let disk = try DiskImage(image)
            #expect(disk.format == .qcow2)
            #expect(try firstDifference(RawImage(raw), disk.contents) == nil, "\(combination)")
            #expect(try ImageCheck(image, readsData: true).findings.errorCount == 0, "\(combination)")
        }
    }

    /// Created empty, then written by a guest: parts of clusters, zeros, what is discarded.
    @Test(.requires(.tool("qemu-io")), arguments: propertySeeds(24))
    func whatIsCreatedAndWrittenIsRead(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            let combination = combination(seed &+ 100_003)
            let made = try runTool(
                "qemu-img",
                ["create", "-q", "-f", "qcow2", "-o", combination.options.joined(separator: ","), image.string, "5M"])
            #expect(made.status == 0, "\(combination): \(made.output)")
            var random = SeededGenerator(seed: seed)
            var commands: [String] = []
            for _ in 0..<24 {
                let verb = ["write -P 17", "write -z", "write -z -u", "discard"].randomElement(using: &random) ?? ""
                let offset = Int.random(in: 0..<8000, using: &random) * 512
                commands += ["-c", "\(verb) \(offset) \(Int.random(in: 1...1200, using: &random) * 512)"]
            }
            let written = try runTool("qemu-io", ["-f", "qcow2"] + commands + [image.string])
            #expect(written.output.contains("wrote"), "\(combination): \(written.output)")
            let flat = try runTool("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", image.string, raw.string])
            #expect(flat.status == 0, "\(combination): \(flat.output)")
            #expect(try firstDifference(RawImage(raw), DiskImage(image).contents) == nil, "\(combination)")
        }
    }
}
