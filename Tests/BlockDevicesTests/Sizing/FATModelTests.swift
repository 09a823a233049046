import Basics
import BlockDevices
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct FATModelTests {
    private func plan(size: ByteCount, sectorSize: Int) throws -> FilesystemPlan {
        try #require(
            try layout(
                "- local_loop: {name: a, block_size: \(sectorSize)}\n- mkfs: {base: a, label: ESP, type: vfat}",
                size: size
            ).filesystems.first)
    }

    @Test(
        .requires(.tool("mkfs.fat"), .tool("fsck.fat")),
        arguments: [16, 33, 64, 100, 128, 200, 271, 272, 300, 550, 1100, 9000] as [UInt64], [512, 4096])
    func clustersAreThoseOfMkfs(mebibytes: UInt64, sectorSize: Int) async throws {
        try await withScratchDirectory { directory in
            let size = ByteCount.mebibytes(mebibytes)
            let plan = try plan(size: size, sectorSize: sectorSize)
            let file = directory.appending("fs")
            try makeSparseFile(file, bytes: size.bytes)
            let made = try run(plan.command, on: file)
            #expect(made.status == 0, "\(made.output)")
            let judged = try runTool("/usr/sbin/fsck.fat", ["-n", "-v", file.string]).output
            let unit = try #require(judged.firstMatch(of: /([0-9]+) bytes per cluster/), "\(judged)").1
            let clusters = try #require(judged.firstMatch(of: /([0-9]+) data clusters/), "\(judged)").1
            #expect("\(plan.model.allocationUnit(at: size))" == unit)
            let capacity = plan.model.capacity(of: size, for: FilesystemDemand(bytes: 0, inodes: 0))
            #expect(capacity.bytes == (UInt64(unit) ?? 0) * (UInt64(clusters) ?? 0))
        }
    }

    @Test(.requires(.tool("mkfs.fat"), .tool("mcopy"), .tool("fsck.fat")))
    func aTreeTakesTheClustersThatMtoolsTake() async throws {
        try await withScratchDirectory { directory in
            let size = ByteCount.mebibytes(300)
            let plan = try plan(size: size, sectorSize: 512)
            let file = directory.appending("fs")
            try makeSparseFile(file, bytes: size.bytes)
            #expect(try run(plan.command, on: file).status == 0)
            let script = """
                set -e
                mkdir -p tree/EFI/BOOT "tree/a directory with a long name" tree/many
                head -c 900000 /dev/zero > tree/EFI/BOOT/BOOTX64.EFI; head -c 4097 /dev/zero > tree/EFI/BOOT/grub.cfg
                for i in $(seq 400); do echo x > "tree/many/a file whose name is long $i.conf"; done
                : > tree/EMPTY; echo y > "tree/a directory with a long name/Straße"
                mcopy -s -i fs tree/* ::
                """
            let copied = try runTool("bash", ["-c", script], environment: nil, directory: directory.string)
            #expect(copied.status == 0, "\(copied.output)")
            func names(_ list: [String]) -> [[UInt8]] { list.map { Array($0.utf8) } }
            let many = (1...400).map { "a file whose name is long \($0).conf" }
            let survey = TreeSurvey(directories: [
                .init(
                    path: "/", names: names(["EFI", "a directory with a long name", "many", "EMPTY"]),
                    files: [.init(size: 0)]), .init(path: "/EFI", names: names(["BOOT"])),
                .init(
                    path: "/EFI/BOOT", names: names(["BOOTX64.EFI", "grub.cfg"]),
                    files: [.init(size: 900_000), .init(size: 4097)]),
                .init(path: "/a directory with a long name", names: names(["Straße"]), files: [.init(size: 2)]),
                .init(path: "/many", names: names(many), files: many.map { _ in .init(size: 2) }),
            ])
            let part = try #require(TreePart.parts(of: survey, mountPoints: ["/"]).first)
            let unit = plan.model.allocationUnit(at: size)
            let demand = plan.model.demand(of: part, allocationUnit: unit)
            // "fs: 411 files, 638/76529 clusters"
            let judged = try runTool("/usr/sbin/fsck.fat", ["-n", file.string]).output
            let used = try #require(judged.firstMatch(of: /files, ([0-9]+)\/[0-9]+ clusters/), "\(judged)").1
            #expect(demand.bytes / unit == UInt64(used))
        }
    }
}
