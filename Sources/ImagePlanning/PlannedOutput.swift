/// What a build will publish: a file, or an image in a container engine.
package struct PlannedOutput: Hashable, Sendable, Codable {
    package let format: OutputFormat
    /// `NAME.SUFFIX`, relative to the caller's directory unless the name is absolute; for `docker`, the image's name.
    package let path: String

    /// The outputs of a request; with one format, a suffix already written in the name is not doubled.
    package static func outputs(
        name: String, formats: [OutputFormat], dockerTarget: String? = nil
    ) -> (name: String, outputs: [PlannedOutput]) {
        var stem = name
        if formats.count == 1, let format = formats.first {
            // The word and the suffix differ for squashfs; upstream takes off the word only.
            for suffix in [format.name, format.fileSuffix].compactMap({ $0 }) where stem.hasSuffix("." + suffix) {
                stem = String(stem.dropLast(suffix.count + 1))
                break
            }
        }
        let outputs = formats.map { format in
            PlannedOutput(format: format, path: format.fileSuffix.map { "\(stem).\($0)" } ?? dockerTarget ?? "")
        }
        return (stem, outputs)
    }
}
