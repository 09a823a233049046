import Basics
import Commands
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct BlockDeviceCommandTests {
    private static let layout = """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: ESP, type: EF00, size: 550MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
              - {name: BSP, type: EF02, size: 8MiB}
              - {name: root, size: 100%, mkfs: {mount: {mount_point: /, fstab: {}}}}
        """

    private static let state = """
        {"blockdev": {"image0": {"device": "/dev/loop7", "image": "/img/image0.raw"},
         "root": {"device": "/dev/loop9"}, "ESP": {"device": "/dev/loop8"}}}
        """

    /// Runs commands one after the other on a build directory with this layout; `change` may spoil it first.
    private func outcomes(
        _ commands: [[String]], layout: String = layout, parameters: String = "", state: String? = nil
    ) async throws -> [ToolOutcome] {
        try await withScratchDirectory { directory in
            let config = directory.appending("config.yaml")
            let params = directory.appending("params.yaml")
            func write(_ text: String, to path: FilePath) throws {
                try text.write(toFile: path.string, atomically: false, encoding: .utf8)
            }
            try write(layout, to: config)
            try write(
                "config: \(config)\nbuild-dir: \(directory)/build\nimage-dir: /img\nmount-base: /mnt\nroot-label:\n"
                    + "root-fs-type: xfs\n" + parameters, to: params)
            if let state {
                let place = directory.appending("build/states/block-device")
                try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
                try write(state, to: place.appending("state.json"))
            }
            let environment = Environment(["DIB_BLOCK_DEVICE_PARAMS_YAML": params.string])
            var outcomes: [ToolOutcome] = []
            for arguments in commands {
                var outcome = await BlockDeviceCommand.outcome(arguments: arguments, environment: environment)
                outcome.diagnostics = outcome.diagnostics.replacing(directory.string, with: "DIR")
                outcomes.append(outcome)
            }
            return outcomes
        }
    }

    @Test func aCheckedLayoutAnswersQuestions() async throws {
        let symbols = ["root-label", "root-fstype", "boot-label", "mount-points"]
        let outcomes = try await outcomes([["init"]] + symbols.map { ["getval", $0] })
        #expect(outcomes.map(\.output) == ["", "img-rootfs\n", "xfs\n", "\n", "/boot/efi|/\n"])
        #expect(outcomes.allSatisfy { $0.status == 0 })
        #expect(
            outcomes[0].diagnostics
                == "Wrote final block device config to [DIR/build/states/block-device/config.json]\n")
        #expect(outcomes.dropFirst().allSatisfy { $0.diagnostics.isEmpty })
    }

    @Test func devicesAnswerOnceTheyExist() async throws {
        let symbols = ["image-path", "image-block-device", "image-block-devices", "bogus"].map { ["getval", $0] }
        let before = try await outcomes(symbols)
        #expect(before.allSatisfy { $0 == ToolOutcome(diagnostics: "error: State dump not found\n", status: 1) })
        let after = try await outcomes(symbols, state: Self.state)
        #expect(
            after.map(\.output) == [
                "/img/image0.raw\n", "/dev/loop7\n", " [image0]=/dev/loop7  [root]=/dev/loop9  [ESP]=/dev/loop8 \n", "",
            ])
        // Upstream says so, prints nothing, and exits with 0.
        #expect(after[3] == ToolOutcome(diagnostics: "Invalid symbol [bogus] for getval\n"))
    }

    @Test func aBadLayoutIsRefusedAtOnce() async throws {
        let unknown = try await outcomes([["init"]], layout: Self.layout.replacing("gpt", with: "bsd"))
        #expect(
            unknown == [
                ToolOutcome(
                    diagnostics: "error: Label must be 'mbr' or 'gpt' (at [1].partitioning.label, line 4)\n", status: 1)
            ])
        let tooLarge = try await outcomes([["init"]], parameters: "image-size: 102400KiB\n")
        #expect(tooLarge[0].status == 1)
        #expect(tooLarge[0].diagnostics.hasPrefix("error: The requested size of the image is smaller than"))
        let unread = try await outcomes([["--params", "/nonexistent", "init"], ["getval", "root-label"]])
        #expect(unread.map(\.status) == [1, 1])
        #expect(unread[0].diagnostics.hasPrefix("error: Failed to open parameter YAML '/nonexistent'"))
    }

    @Test func wrongUseIsStatusTwo() async throws {
        let outcomes = try await outcomes([[], ["getval"], ["frobnicate"], ["create", "now"]])
        #expect(outcomes.map(\.status) == [2, 2, 2, 2])
        let bare = await BlockDeviceCommand.outcome(arguments: ["init"], environment: Environment())
        #expect(bare.status == 2)
        #expect(bare.diagnostics.hasSuffix("error: DIB_BLOCK_DEVICE_PARAMS_YAML or --params not set\n"))
    }
}
