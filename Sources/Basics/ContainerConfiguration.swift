/// What a container engine is told about an image: the part of an OCI image configuration that users choose.
///
/// Source: OCI image specification 1.0, config.md.
package struct ContainerConfiguration: Hashable, Sendable, Codable {
    package var entrypoint: [String] = []
    package var command: [String] = []
    /// `NAME=VALUE`.
    package var environment: [String] = []
    package var user = ""
    package var workingDirectory = ""
    /// `80/tcp`.
    package var exposedPorts: [String] = []
    package var labels: [String: String] = [:]

    package init() {}
}
