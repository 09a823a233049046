import ImageAssembly

/// The table of seconds per hook that ends a phase (compat-core section 4.4).
///
/// Columns, prefix and row order are upstream's to the byte: rows are sorted by the bytes of the hook's name, not by
/// the order in which the hooks ran.
struct ProfileTable {
    let directoryName: String
    let timings: [HookTiming]

    var lines: [String] {
        let rows = timings.sorted { $0.hook.name.utf8.lexicographicallyPrecedes($1.hook.name.utf8) }
            .map { Self.padded($0.hook.name, 40) + " " + DurationText.column($0.seconds, width: 10) }
        let body =
            [
                "----------------------- PROFILING -----------------------", "", "Target: \(directoryName)", "",
                Self.padded("Script", 40) + "   Seconds",
                Self.padded(String(repeating: "-", count: 39), 40) + " " + String(repeating: "-", count: 10), "",
            ] + rows + ["", "--------------------- END PROFILING ---------------------"]
        return body.map { "dib-run-parts \($0)" }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
