import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Our images, read by programs that have nothing in common with QEMU.
///
/// Both know deflate and plain clusters; neither knows zstd, and p7zip 16.02 overlooks that entries are extended.
@Suite struct Qcow2OtherReadersTests {
    private static let optionTexts = [
        "", "compat=0.10", "cluster_size=512", "cluster_size=4k", "cluster_size=2M", "lazy_refcounts=on",
        "refcount_bits=1", "refcount_bits=64",
    ]

    private func sample(_ scratch: FilePath, _ options: Qcow2Options) throws -> (raw: FilePath, image: FilePath) {
        let (raw, image) = (scratch.appending("disk"), scratch.appending("image.qcow2"))
        try RandomDisk.sample.write(to: raw)
        _ = try Qcow2Writer(options).write(from: raw, to: image)
        return (raw, image)
    }

    @Test(.requires(.tool("7z")), arguments: optionTexts, [ClusterCompression.deflate(), .none])
    func sevenZipUnpacksTheDisk(options text: String, compression: ClusterCompression) async throws {
        try await withScratchDirectory { scratch in
            let options = try Qcow2Options(qemuImgOptions: text, compression: compression)
            let (raw, image) = try sample(scratch, options)
            let result = try runTool("7z", ["x", "-o\(scratch)", image.string])
            #expect(result.status == 0, "\(result.output)")
            #expect(try firstDifference(RawImage(raw), RawImage(scratch.appending("image.img"))) == nil)
        }
    }

    /// The daemon that qcowmount leaves behind must not hold the descriptors by which Foundation learns of an exit.
    private static let detached = """
        for fd in /proc/$$/fd/*; do [ ${fd##*/} -le 2 ] || eval "exec ${fd##*/}>&-"; done
        exec "$0" "$@" </dev/null >/dev/null 2>&1
        """

    @Test(.requires(.root, .tool("qcowmount"), .tool("umount")), arguments: optionTexts)
    func libqcowReadsTheDisk(options text: String) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = try sample(scratch, Qcow2Options(qemuImgOptions: text))
            let place = scratch.appending("mounted")
            try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: false)
            let result = try runTool("bash", ["-c", Self.detached, "qcowmount", image.string, place.string])
            #expect(result.status == 0, "\(result.output)")
            defer { _ = try? runTool("umount", [place.string]) }
            #expect(try firstDifference(RawImage(raw), RawImage(place.appending("qcow1"))) == nil)
        }
    }

    /// QEMU inflates with a window of 4 KiB, but in one call, in which zlib looks back through its whole output; our
    /// deflate looks back 32 KiB.
    @Test(.requires(.tool("qemu-img")), arguments: [65536, 2 << 20] as [UInt64])
    func whatRefersFartherBackThanQemusWindowIsReadByQemu(clusterSize: UInt64) async throws {
        try await withScratchDirectory { scratch in
            var random = SeededGenerator(seed: 41)
            let noise = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            try write(noise + noise + noise + Array(noise.prefix(5536)), to: raw)
            var options = Qcow2Options()
            options.clusterSize = clusterSize
            let summary = try Qcow2Writer(options).write(from: raw, to: image)
            // Only who looks back 20000 bytes can make it smaller.
            #expect(summary.compressedClusters == 1)
            let compare = try runTool("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", raw.string, image.string])
            #expect(compare.status == 0, "\(compare.output)")
        }
    }
}
