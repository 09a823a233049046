import Basics
import BlockDevices
import Foundation
import LinuxOS
import Synchronization
import SystemPackage
import TestSupport
import Testing
import TreeFormats

extension SystemTests {
    /// Exact sizing against mke2fs, cp, the kernel and `resize2fs -M`.
    ///
    /// A few trees by default; `make size-sweep` (INGOT_SIZE_TREES=1-200, seeds) takes 200, every twentieth of some 2 GB.
    @Suite(.requires(.root, .loopDevices, .tool("mkfs.ext4"), .tool("resize2fs"), .tool("e2fsck")))
    struct ExactSizeTests {
        private static let sweep: ClosedRange<UInt64>? = {
            let text = ProcessInfo.processInfo.environment["INGOT_SIZE_TREES"] ?? ""
            let ends = text.split(separator: "-").compactMap { UInt64($0) }
            return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
        }()
        /// One of each kind but `large`.
        private static let seeds = sweep ?? 1...UInt64(usualKinds.count)
        private static let isSweep = sweep != nil
        private static let usualKinds = RandomTree.Kind.allCases.filter { $0 != .large }

        /// A scratch directory on tmpfs: trees and images are written and read at once, and gone afterwards.
        private func withMemory(_ body: @Sendable (FilePath) async throws -> Void) async throws {
            try await withScratchDirectory("size") { folder in
                try await withTeardown { stack in
                    let mount = Mount(source: "tmpfs", target: folder, type: "tmpfs", options: "size=8g")
                    try mount.attach()
                    await stack.push("unmount") {
                        let isGone = await eventually(within: .seconds(60)) { (try? mount.detach()) != nil }
                        #expect(isGone)
                    }
                    try await body(folder)
                }
            }
        }

        /// One tree: gives by how much the computed size exceeds the smallest.
        private func excess(_ kind: RandomTree.Kind, seed: UInt64) async throws -> Double {
            let result = Mutex(0.0)
            try await withMemory { folder in
                let tree = folder.appending("tree")
                try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
                _ = try RandomTree(kind, seed: seed, at: tree)
                let survey = try TreeSurvey.walk(tree)
                let filesystem = SizedFilesystem(type: "ext4", seed: seed, folder: folder)
                let fit = try filesystem.fit(survey)
                let space = try await filesystem.fill(from: tree, fit)
                let least = try filesystem.least()
                let excess = Double(fit.image.bytes) / Double(least) - 1
                result.withLock { $0 = excess }
                let line =
                    "\(kind.rawValue) seed \(seed): \(survey.inodeCount) inodes, \(survey.allocated), sized "
                    + "\(fit.image.bytes), least \(least), excess \((excess * 10000).rounded() / 100) %, free \(space.free)"
                if Self.isSweep { print(line) }
                // mke2fs makes no journal that takes more than half: a tiny tree cannot have less, unlike a shrunk one.
                #expect(try excess < 0.03 || filesystem.isLeastForJournal(fit), "\(line)")
            }
            return result.withLock { $0 }
        }

        @Test(
            .requires(.tool("mkfs.xfs"), .tool("mkfs.btrfs")), .timeLimit(.minutes(20)), arguments: ["xfs", "btrfs"],
            RandomTree.Kind.allCases.filter { isSweep || $0 == .mixed || $0 == .manySmall })
        func theEstimatesSuffice(type: String, kind: RandomTree.Kind) async throws {
            try await withMemory { folder in
                let tree = folder.appending("tree")
                try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
                _ = try RandomTree(kind, seed: 5, at: tree)
                let survey = try TreeSurvey.walk(tree)
                let filesystem = SizedFilesystem(type: type, seed: 5, folder: folder)
                let fit = try filesystem.fit(survey)
                let space = try await filesystem.fill(from: tree, fit)
                if Self.isSweep {
                    print("\(type), \(kind.rawValue): \(survey.allocated), sized \(fit.image), free \(space.free)")
                }
            }
        }

        @Test(
            .requires(.tool("mkfs.btrfs")), .timeLimit(.minutes(20)),
            arguments: RandomTree.Kind.allCases.filter { isSweep || $0 == .tiny || $0 == .attributes || $0 == .mixed })
        func theEstimateSufficesForABtrfsWithoutDevices(kind: RandomTree.Kind) async throws {
            try await withMemory { folder in
                let tree = folder.appending("tree")
                try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
                _ = try RandomTree(kind, seed: 7, at: tree)
                let survey = try TreeSurvey.walk(tree)
                let filesystem = SizedFilesystem(type: "btrfs", seed: 7, folder: folder)
                let listing = try FileTree.scan(tree)
                for free in [ByteCount.zero, .mebibytes(64)] {
                    let fit = try filesystem.fit(survey, free: .bytes(free))
                    let usage = try filesystem.write(listing, fit)
                    #expect(usage.available >= free.bytes, "\(kind), \(fit), \(usage)")
                    if Self.isSweep { print("btrfs, \(kind): \(survey.allocated), sized \(fit.image), \(usage)") }
                }
            }
        }

        @Test(.timeLimit(.minutes(60)))
        func theSizeSufficesAndIsWithinThreePercentOfTheSmallest() async throws {
            var excesses: [Double] = []
            for seed in Self.seeds {
                let kind = seed % 20 == 0 ? .large : Self.usualKinds[Int(seed) % Self.usualKinds.count]
                excesses.append(try await excess(kind, seed: seed))
            }
            if Self.isSweep {
                let sorted = excesses.sorted()
                print("\(sorted.count) trees: median \(sorted[sorted.count / 2]), worst \(sorted.last ?? 0)")
            }
        }
    }
}
