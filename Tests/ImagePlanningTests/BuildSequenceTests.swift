import ImagePlanning
import Testing

@Suite struct BuildSequenceTests {
    private func titles(
        packages: [String] = [], formats: [OutputFormat] = [.qcow2], writesFinalImage: Bool = true
    ) -> [String] {
        BuildSequence.steps(packages: packages, formats: formats, writesFinalImage: writesFinalImage).map(\.title)
    }

    @Test func everyStepOfABuildComesInUpstreamsOrder() {
        #expect(
            titles(packages: ["htop", "tmux"], formats: [.raw, .tar, .qcow2, .tgz, .qemu("vmdk")]) == [
                "stage hooks", "describe block device", "root hooks", "check root tree", "prepare target",
                "extra-data hooks", "pre-install hooks", "install hooks", "install 2 packages", "post-install hooks",
                "post-root hooks", "release target", "measure tree", "block-device hooks", "create block device",
                "transfer tree", "pre-finalise hooks", "finalise hooks", "cleanup hooks", "tidy target",
                "write tar, tgz", "release block device", "write qcow2, vmdk, raw",
            ])
    }

    @Test func withoutPackagesNothingIsInstalled() {
        #expect(!titles().contains { $0.hasPrefix("install ") && $0.contains("package") })
        #expect(titles(packages: ["htop"]).contains("install 1 package"))
    }

    /// The disk is made for archives too: hooks of its phases run all the same.
    @Test func anArchiveAloneStillPassesThroughADisk() {
        #expect(Array(titles(formats: [.tar]).suffix(2)) == ["write tar", "release block device"])
        #expect(titles(formats: [.tar]).contains("create block device"))
    }

    @Test func noFinalImageLeavesTheArchives() {
        #expect(
            Array(titles(formats: [.qcow2, .tar], writesFinalImage: false).suffix(2)) == [
                "write tar", "release block device",
            ])
    }
}
