/// What an element says of itself in its file `element.yaml`: for people, for checks before a build, for cache keys.
///
/// The file is ours, not upstream's (decision 0015): an element without it works as ever, and nothing here changes what
/// its hooks do.
package struct ElementDescription: Hashable, Sendable, Codable {
    /// One line: what the element is for.
    package var summary: String
    /// The phases that it has hooks in; nothing if it does not say.
    package var phases: [HookPhase]?
    /// Values of `DISTRO_NAME` that it works with; nothing for all.
    package var distributions: [String]?
    /// In Debian's spelling; nothing for all.
    package var architectures: [String]?
    /// In the order of the file.
    package var variables: [ElementVariable]
    /// What its hooks read from outside, beside packages of package-installs; nothing if it does not say.
    package var inputs: [ElementInput]?
    /// What its hooks expect of the disk; nothing if it does not say, and then they are searched for names of devices.
    package var disk: DiskAccess?
    /// Features of ext4 that the root is to have or, with `^`, not to have: older systems do not know all of today's.
    package var ext4Features: [String]

    /// Name of the file in an element's directory.
    package static let fileName = "element.yaml"

    package init(
        summary: String = "", phases: [HookPhase]? = nil, distributions: [String]? = nil,
        architectures: [String]? = nil, variables: [ElementVariable] = [], inputs: [ElementInput]? = nil,
        disk: DiskAccess? = nil, ext4Features: [String] = []
    ) {
        self.summary = summary
        self.phases = phases
        self.distributions = distributions
        self.architectures = architectures
        self.variables = variables
        self.inputs = inputs
        self.disk = disk
        self.ext4Features = ext4Features
    }

    package subscript(variable name: String) -> ElementVariable? { variables.first { $0.name == name } }
}
