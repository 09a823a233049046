/// A file that a build will publish.
package struct PlannedOutput: Hashable, Sendable, Codable {
    package let format: OutputFormat
    /// `NAME.SUFFIX`, relative to the caller's directory unless the name is absolute.
    package let path: String

    /// The outputs of a request; with one format, a suffix already written in the name is not doubled.
    package static func outputs(name: String, formats: [OutputFormat]) -> (name: String, outputs: [PlannedOutput]) {
        var stem = name
        if formats.count == 1, let format = formats.first, name.hasSuffix("." + format.name) {
            stem = String(name.dropLast(format.name.count + 1))
        }
        return (stem, formats.map { PlannedOutput(format: $0, path: "\(stem).\($0.name)") })
    }
}
