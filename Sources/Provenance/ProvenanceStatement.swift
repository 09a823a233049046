import DiskFormats
import Foundation

/// What made an image out of what: an in-toto statement (https://in-toto.io/Statement/v1) with a SLSA provenance
/// predicate (https://slsa.dev/spec/v1.0/provenance).
///
/// It is not signed: signing is the business of whoever has a key, and works on this file as it is.
package struct ProvenanceStatement: Encodable, Sendable {
    package static let suffix = ".provenance.json"
    /// How `externalParameters` is to be read; docs/sbom.md describes it.
    static let buildType = "urn:ingot:build:v1"
    static let builder = "urn:ingot:builder"

    /// Something that went into the build: at least one of URI and digest is there.
    package struct Material: Hashable, Sendable, Encodable {
        package var name: String?
        package var uri: String?
        package var digest: [String: String]?

        package init(name: String? = nil, uri: String? = nil, digest: [String: String]? = nil) {
            self.name = name
            self.uri = uri
            self.digest = digest
        }
    }

    /// What the user has asked for.
    package struct Parameters: Hashable, Sendable, Encodable {
        package var elements: [String]
        package var architecture: String
        package var formats: [String]
        package var packages: [String]
        package var arguments: [String]
        /// Settings of the elements that were given, secrets left out.
        package var variables: [String: String]

        package init(
            elements: [String], architecture: String, formats: [String], packages: [String], arguments: [String],
            variables: [String: String]
        ) {
            self.elements = elements
            self.architecture = architecture
            self.formats = formats
            self.packages = packages
            self.arguments = arguments
            self.variables = variables
        }
    }

    /// What followed from that: the plan.
    package struct Plan: Hashable, Sendable, Encodable {
        /// Requested ones and those that they need.
        package var elements: [String]
        /// `element phase/hook`, in their order.
        package var hooks: [String]
        package var steps: [String]

        package init(elements: [String], hooks: [String], steps: [String]) {
            self.elements = elements
            self.hooks = hooks
            self.steps = steps
        }
    }

    struct Subject: Encodable {
        let name: String
        let digest: [String: String]
    }

    struct Definition: Encodable {
        let buildType = ProvenanceStatement.buildType
        let externalParameters: Parameters
        let internalParameters: Plan
        let resolvedDependencies: [Material]
    }

    struct Builder: Encodable {
        let id = ProvenanceStatement.builder
        let version: [String: String]
    }

    struct Metadata: Encodable {
        let invocationId: String
        var startedOn: String?
        var finishedOn: String?
    }

    struct Run: Encodable {
        let builder: Builder
        let metadata: Metadata
    }

    struct Predicate: Encodable {
        let buildDefinition: Definition
        let runDetails: Run
    }

    let _type = "https://in-toto.io/Statement/v1"
    let subject: [Subject]
    let predicateType = "https://slsa.dev/provenance/v1"
    let predicate: Predicate

    /// `time` is that of the sources (SOURCE_DATE_EPOCH); with nothing, no times are stated, since those of the clock
    /// would make equal builds differ.
    package init(
        outputs: [SoftwareBill.File], parameters: Parameters, plan: Plan, materials: [Material], time: UInt64?,
        toolVersion: String
    ) throws {
        subject = outputs.sorted { $0.name < $1.name }.map { Subject(name: $0.name, digest: ["sha256": $0.sha256]) }
        let definition = Definition(
            externalParameters: parameters, internalParameters: plan,
            resolvedDependencies: Set(materials).sorted { Self.key($0) < Self.key($1) })
        // The same inputs are the same invocation.
        let text = String(decoding: try DocumentText.json(definition), as: UTF8.self)
        let stamp = time.map(SoftwareBill.timestamp)
        predicate = Predicate(
            buildDefinition: definition,
            runDetails: Run(
                builder: Builder(version: ["ingot": toolVersion]),
                metadata: Metadata(
                    invocationId: "sha256:\(try sha256(of: text))", startedOn: stamp, finishedOn: stamp)))
    }

    private static func key(_ material: Material) -> String {
        "\(material.uri ?? "") \(material.name ?? "") \(material.digest?["sha256"] ?? "")"
    }
}
