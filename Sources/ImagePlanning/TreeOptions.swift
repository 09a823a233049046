package import Basics
import Foundation

/// How the tree formats are made: what the environment says about them, checked before the build.
package struct TreeOptions: Hashable, Sendable {
    /// A program that compresses tgz instead of our own code, with its arguments (`DIB_GZIP_BIN`, compat-core 7.6).
    package let gzip: [String]?
    package let squashfsOptions: [String]
    package let erofsOptions: [String]
    package let container: ContainerConfiguration
    /// `none`, `gzip` or `zstd`.
    package let layerCompression: String
    /// Path of the manifest of an App Container image.
    package let aciManifest: String?
    /// The date of what is dated on purpose (reproducible-builds.org).
    package let sourceDate: Int?
    /// Name of the image in a container engine; empty if none was given.
    package let target: String

    package init(_ request: BuildRequest) throws(PlanError) {
        let environment = request.environment
        gzip = environment.nonEmpty("DIB_GZIP_BIN").map { Self.words($0) + ["-9"] }
        squashfsOptions = Self.words(environment.nonEmpty("DIB_SQUASHFS_OPTIONS") ?? "-comp xz")
        erofsOptions = Self.words(environment.nonEmpty("DIB_EROFS_OPTIONS") ?? "-zlz4hc")
        container = try ContainerConfiguration(environment)
        layerCompression = environment.nonEmpty("DIB_OCI_COMPRESSION") ?? "gzip"
        aciManifest = environment.nonEmpty("ACI_MANIFEST")
        target = request.dockerTarget ?? ""
        guard ["none", "gzip", "zstd"].contains(layerCompression) else {
            throw PlanError(
                "DIB_OCI_COMPRESSION '\(layerCompression)' is not known", hint: "choose from none, gzip, zstd")
        }
        sourceDate = try environment.nonEmpty("SOURCE_DATE_EPOCH").map { text throws(PlanError) in
            guard let seconds = Int(text), seconds >= 0 else {
                throw PlanError("SOURCE_DATE_EPOCH '\(text)' is not a whole number of seconds")
            }
            return seconds
        }
        if request.formats.contains(.tree(.docker)), target.isEmpty {
            throw PlanError("Please set --docker-target.", hint: "for example --docker-target debian:golden")
        }
    }

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}

extension ContainerConfiguration {
    /// The `DIB_OCI_…` variables, each named like the instruction of a Dockerfile that it stands for.
    ///
    /// A list is words separated by blanks or, where a word has blanks, a flow sequence: `["a b", "c"]`.
    package init(_ environment: Environment) throws(PlanError) {
        self.init()
        entrypoint = try Self.list("DIB_OCI_ENTRYPOINT", environment)
        command = try Self.list("DIB_OCI_CMD", environment)
        self.environment = try Self.assignments("DIB_OCI_ENV", environment)
        user = environment["DIB_OCI_USER"] ?? ""
        workingDirectory = environment["DIB_OCI_WORKDIR"] ?? ""
        if !workingDirectory.isEmpty, !workingDirectory.hasPrefix("/") {
            throw PlanError("DIB_OCI_WORKDIR '\(workingDirectory)' is not an absolute path")
        }
        exposedPorts = try Self.list("DIB_OCI_EXPOSE", environment).map { port throws(PlanError) in
            let parts = port.split(separator: "/", omittingEmptySubsequences: false)
            guard let number = UInt16(parts[0]), number > 0,
                parts.count == 1 || parts.count == 2 && ["tcp", "udp", "sctp"].contains(parts[1])
            else { throw PlanError("DIB_OCI_EXPOSE '\(port)' is not a port", hint: "for example 80 or 53/udp") }
            return parts.count == 1 ? "\(port)/tcp" : port
        }
        for label in try Self.assignments("DIB_OCI_LABEL", environment) {
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            labels[String(parts[0])] = String(parts[1])
        }
    }

    private static func list(_ name: String, _ environment: Environment) throws(PlanError) -> [String] {
        let text = environment[name] ?? ""
        guard text.first == "[" else { return text.split(whereSeparator: \.isWhitespace).map(String.init) }
        guard let words = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
            throw PlanError("\(name) is not a list of texts: \(text)", hint: #"for example ["/bin/sh", "-c", "date"]"#)
        }
        return words
    }

    private static func assignments(_ name: String, _ environment: Environment) throws(PlanError) -> [String] {
        let words = try list(name, environment)
        if let word = words.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
            throw PlanError("\(name) '\(word)' is not of the form NAME=VALUE")
        }
        return words
    }
}
