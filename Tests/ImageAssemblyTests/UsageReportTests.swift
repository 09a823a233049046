import Basics
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// `DIB_SHOW_IMAGE_USAGE`: upstream's lines, and never the end of a build.
@Suite struct UsageReportTests {
    @Test("sizes are written as numfmt writes them", .requires(.tool("numfmt")))
    func sizes() throws {
        var generator = SeededGenerator(seed: 26)
        let edges: [UInt64] = [
            0, 1, 9, 10, 1023, 1024, 1025, 10239, 10240, 10241, 1_047_552, 1_047_553, 1_048_575, 3 << 30,
        ]
        let sizes =
            edges
            + (0..<200).map { _ in
                UInt64.random(in: 0...(1 << UInt64.random(in: 1...36, using: &generator)), using: &generator)
            }
        let judge = try runTool(
            "numfmt",
            ["--to=iec-i", "--padding=7", "--suffix=B", "--from-unit=1024"] + sizes.map { String($0) })
        #expect(judge.output == sizes.map { UsageReport.humanSize(kibibytes: $0) + "\n" }.joined())
    }

    private let entries: [DiskUsage.Entry] = [
        .init(path: "/b/built/usr/a", allocated: .mebibytes(12)),
        .init(path: "/b/built/usr/b", allocated: .mebibytes(12)),
        .init(path: "/b/built/usr", allocated: .mebibytes(30)), .init(path: "/b/built", allocated: .mebibytes(31)),
    ]

    @Test("the largest comes first, with its path in the image")
    func order() {
        let report = UsageReport(entries: entries, root: "/b/built", isFull: false)
        #expect(
            report.lines == [
                "=================================", "Image size report (files > 10MiB)",
                "=================================", "  31MiB /", "  30MiB /usr", "  12MiB /usr/b", "  12MiB /usr/a",
                "",
                "===== end image size report =====", "",
            ])
    }

    @Test("nothing large enough is an empty report (wart 13.26)", arguments: [true, false])
    func nothing(isFull: Bool) {
        let title = isFull ? "Image size report" : "Image size report (files > 10MiB)"
        let rule = String(repeating: "=", count: title.count)
        #expect(
            UsageReport(entries: [], root: "/b", isFull: isFull).lines
                == [rule, title, rule, "", "===== end image size report =====", ""])
    }
}
