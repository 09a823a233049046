import Basics
import ImagePlanning
import LinuxOS
import SystemPackage

/// What takes the room of an image: `DIB_SHOW_IMAGE_USAGE` (compat-core section 7.8).
///
/// Lines, headings and threshold are upstream's; paths are those of the image. Nothing large enough is an empty report,
/// where upstream's build ends (wart 13.26).
struct UsageReport {
    let entries: [DiskUsage.Entry]
    let root: FilePath
    let isFull: Bool

    /// What is listed unless everything is asked for.
    static let threshold = ByteCount.mebibytes(10)

    var lines: [String] {
        let title = isFull ? "Image size report" : "Image size report (files > 10MiB)"
        let rule = String(repeating: "=", count: title.count)
        return [rule, title, rule] + rows + ["", "===== end image size report =====", ""]
    }

    /// Largest first; equal ones in reverse byte order, as `sort -nr` leaves them.
    private var rows: [String] {
        entries.map { (kibibytes: ($0.allocated.bytes + 1023) >> 10, path: path(of: $0)) }
            .sorted { ($0.kibibytes, $0.path) > ($1.kibibytes, $1.path) }
            .map { "\(Self.humanSize(kibibytes: $0.kibibytes)) \($0.path)" }
    }

    private func path(of entry: DiskUsage.Entry) -> String {
        let rest = entry.path.string.dropFirst(root.string.count)
        return rest.isEmpty ? "/" : String(rest)
    }

    /// As `numfmt --to=iec-i --suffix=B --padding=7 --from-unit=1024` writes it: rounded up, a decimal below ten.
    static func humanSize(kibibytes: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var unit = 0
        var scale: UInt64 = 1
        // A number that rounds up to 1024 belongs to the next unit.
        while unit + 1 < units.count, (kibibytes + scale - 1) / scale >= 1024 {
            scale *= 1024
            unit += 1
        }
        let tenths = (kibibytes * 10 + scale - 1) / scale
        let number =
            kibibytes == 0 ? "0" : tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((kibibytes + scale - 1) / scale)"
        let text = number + (kibibytes == 0 ? "B" : units[unit])
        return String(repeating: " ", count: max(0, 7 - text.count)) + text
    }
}

extension ImageAssembler {
    /// Shows what takes the room, if `DIB_SHOW_IMAGE_USAGE` asks for it.
    func reportUsage() async throws {
        let environment = plan.request.environment
        guard (environment["DIB_SHOW_IMAGE_USAGE"] ?? "0") != "0" else { return }
        let isFull = (environment["DIB_SHOW_IMAGE_USAGE_FULL"] ?? "0") != "0"
        let tree = workspace.builtPath
        let usage = try await onOwnThread("measure") {
            try DiskUsage.measure(tree, listing: isFull ? .zero : UsageReport.threshold)
        }
        UsageReport(entries: usage.entries, root: tree, isFull: isFull).lines.forEach(say)
    }
}
