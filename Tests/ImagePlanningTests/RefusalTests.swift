import Basics
import Elements
import ImagePlanning
import Testing

/// What cannot be built is refused before the first effect, in one line and with a way out.
@Suite struct RefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let what: String
        var environment: [String: String] = [:]
        var change: @Sendable (inout BuildRequest) -> Void = { _ in }
        let expected: String
        var testDescription: String { what }
    }

    @Test("impossible requests are refused", arguments: cases)
    func isRefused(testCase: Case) {
        #expect(refusal(request(testCase.environment, testCase.change)) == testCase.expected)
    }

    private static let noFile = "names no file\ngive a file name without suffix"
    private static let journal =
        "is not a whole number of MiB from 1 to 40000\n"
        + "leave out --mkfs-journal-size (DIB_JOURNAL_SIZE) for 64 MiB, or less on a tiny disk"

    private static let cases: [Case] = [
        Case(
            what: "nothing to build", change: { $0.elements = [] },
            expected: "ERROR: At least one distribution root element must be specified\n"
                + "for example: disk-image-create -o debian debian-minimal vm"),
        Case(
            what: "a disk of the caller's own", environment: ["IMAGE_BLOCK_DEVICE": "/dev/sdz"],
            expected: "IMAGE_BLOCK_DEVICE is '/dev/sdz', but this version makes the disk itself\n"
                + "unset IMAGE_BLOCK_DEVICE, and describe the disk by DIB_BLOCK_DEVICE_CONFIG"),
        Case(
            what: "a layout without a root", environment: ["DIB_BLOCK_DEVICE_CONFIG": rootless],
            expected: "the block-device configuration mounts nothing at '/'\ngive one 'mount' the mount_point '/'"),
        Case(
            what: "a layout that is not there", environment: ["DIB_BLOCK_DEVICE_CONFIG": "file:///no/such.yaml"],
            expected:
                "cannot read block-device configuration '/no/such.yaml'\ncheck DIB_BLOCK_DEVICE_CONFIG and the file"),
        Case(
            what: "a size in words", change: { $0.imageSize = "big" },
            expected: "image size 'big' is not a number\nfor example --image-size 1.5"),
        Case(
            what: "a negative size", change: { $0.imageSize = "-1" },
            expected: "image size '-1' is not a number\nfor example --image-size 1.5"),
        Case(
            what: "no size at all", change: { $0.imageSize = "0" },
            expected: "image size '0' leaves no room for anything"),
        Case(
            what: "an extra size in words", change: { $0.imageExtraSize = "x" },
            expected: "image size 'x' is not a number\nfor example --image-extra-size 1.5"),
        Case(what: "a broken journal", change: { $0.journalSize = "1.5" }, expected: "journal size '1.5' \(journal)"),
        Case(what: "no journal", change: { $0.journalSize = "0" }, expected: "journal size '0' \(journal)"),
        Case(
            what: "a journal of exabytes", change: { $0.journalSize = "18446744073709551615" },
            expected: "journal size '18446744073709551615' \(journal)"),
        Case(
            what: "negative tmpfs", environment: ["DIB_MIN_TMPFS": "-1"],
            expected: "DIB_MIN_TMPFS '-1' is not a whole number of GiB"),
        Case(
            what: "boundless tmpfs", environment: ["DIB_MIN_TMPFS": "9223372036854775807"],
            expected: "DIB_MIN_TMPFS '9223372036854775807' is not a whole number of GiB"),
        Case(
            what: "a sector size in words", environment: ["DIB_BLOCK_SIZE": "4k"],
            expected: "DIB_BLOCK_SIZE '4k' is not a whole number of bytes"),
        Case(what: "no name", change: { $0.imageName = "" }, expected: "'-o ' \(noFile)"),
        Case(what: "a directory", change: { $0.imageName = "out/" }, expected: "'-o out/' \(noFile)"),
        Case(
            what: "nothing but a suffix", change: { $0.imageName = "out/.qcow2" }, expected: "'-o out/.qcow2' \(noFile)"
        ),
    ]

    private static let rootless = """
        - local_loop: {name: image0}
        - mkfs: {name: data, base: image0, type: ext4, mount: {mount_point: /data}}
        """

    @Test func sizesMayHaveAUnitBehindThemAsAwkReadsThem() {
        #expect(refusal(request { $0.imageSize = "10GB" }) == "planned")
        #expect(refusal(request { $0.imageSize = "1.5" }) == "planned")
    }

    @Test func anUnknownElementIsNamedWithTheNearestOne() throws {
        let error = #expect(throws: ElementError.self) { try plan(request { $0.elements = ["debian-minmal", "vm"] }) }
        #expect(error?.description == "Element 'debian-minmal' not found")
        #expect(error?.hint == "did you mean 'debian-minimal'?")
    }
}
