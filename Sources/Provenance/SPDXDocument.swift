import Foundation

/// A bill of materials as SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/).
///
/// The image is one package that contains the others; the files that hold it are variants of it. Files inside are not
/// listed. A licence is passed on in the package's own words: what it amounts to is for others to conclude.
struct SPDXDocument: Encodable {
    struct Creation: Encodable {
        let created: String
        let creators: [String]
    }

    struct Checksum: Encodable {
        let algorithm = "SHA256"
        let checksumValue: String
    }

    struct Reference: Encodable {
        let referenceCategory = "PACKAGE-MANAGER"
        let referenceType = "purl"
        let referenceLocator: String
    }

    struct Annotation: Encodable {
        let annotationDate: String
        let annotationType = "OTHER"
        let annotator: String
        let comment: String
    }

    struct Package: Encodable {
        let identifier: String
        let name: String
        var versionInfo: String?
        var packageFileName: String?
        var primaryPackagePurpose: String?
        var supplier: String?
        var homepage: String?
        let downloadLocation = "NOASSERTION"
        let filesAnalyzed = false
        let licenseConcluded = "NOASSERTION"
        let licenseDeclared = "NOASSERTION"
        var licenseComments: String?
        let copyrightText = "NOASSERTION"
        var sourceInfo: String?
        var checksums: [Checksum]?
        var externalRefs: [Reference]?
        var annotations: [Annotation]?

        enum CodingKeys: String, CodingKey {
            case name, versionInfo, packageFileName, primaryPackagePurpose, supplier, homepage, downloadLocation
            case filesAnalyzed, licenseConcluded, licenseDeclared, licenseComments, copyrightText, sourceInfo, checksums
            case externalRefs, annotations
            case identifier = "SPDXID"
        }
    }

    struct Relationship: Encodable {
        let spdxElementId: String
        let relationshipType: String
        let relatedSpdxElement: String
    }

    let spdxVersion = "SPDX-2.3"
    let dataLicense = "CC0-1.0"
    let identifier = "SPDXRef-DOCUMENT"
    let name: String
    let documentNamespace: String
    let creationInfo: Creation
    let packages: [Package]
    let relationships: [Relationship]

    enum CodingKeys: String, CodingKey {
        case spdxVersion, dataLicense, name, documentNamespace, creationInfo, packages, relationships
        case identifier = "SPDXID"
    }

    init(_ bill: SoftwareBill) throws {
        let root = "SPDXRef-Image"
        let tool = "Tool: ingot-\(bill.toolVersion)"
        var packages = [Package(identifier: root, name: bill.image, primaryPackagePurpose: "OPERATING-SYSTEM")]
        if !bill.system.name.isEmpty { packages[0].sourceInfo = bill.system.name }
        var relations = [
            Relationship(spdxElementId: identifier, relationshipType: "DESCRIBES", relatedSpdxElement: root)
        ]
        for (number, file) in bill.files.enumerated() {
            var entry = Package(identifier: "SPDXRef-File-\(number + 1)", name: file.name, packageFileName: file.name)
            entry.primaryPackagePurpose = "ARCHIVE"
            entry.checksums = [Checksum(checksumValue: file.sha256)]
            packages.append(entry)
            relations.append(
                Relationship(spdxElementId: entry.identifier, relationshipType: "VARIANT_OF", relatedSpdxElement: root))
        }
        for (number, package) in bill.packages.enumerated() {
            let identifier = "SPDXRef-Package-\(number + 1)-\(Self.allowed(package.name))"
            packages.append(Self.entry(package, identifier, bill, tool))
            relations.append(
                Relationship(spdxElementId: root, relationshipType: "CONTAINS", relatedSpdxElement: identifier))
        }
        name = bill.image
        documentNamespace = "urn:uuid:\(try bill.identifier("spdx"))"
        creationInfo = Creation(created: bill.timestamp, creators: [tool])
        self.packages = packages
        relationships = relations
    }

    private static func entry(
        _ package: InstalledPackage, _ identifier: String, _ bill: SoftwareBill, _ tool: String
    ) -> Package {
        var entry = Package(identifier: identifier, name: package.name, versionInfo: package.version)
        entry.supplier = package.supplier.map(Self.supplier)
        // Others would be read as no address at all.
        entry.homepage = package.homepage.flatMap { $0.wholeMatch(of: /(https?|ftp):\/\/[!-~]+/) == nil ? nil : $0 }
        entry.licenseComments = package.license.map { "Stated by the package: \($0)" }
        entry.sourceInfo = package.source.map { "built from \($0)" }
        entry.externalRefs = [Reference(referenceLocator: package.url(on: bill.system))]
        entry.annotations = package.origin.map {
            [
                Annotation(
                    annotationDate: bill.timestamp, annotator: tool,
                    comment: "installed by element \($0.element), hook \($0.hook)")
            ]
        }
        return entry
    }

    /// `Person: NAME (ADDRESS)` for `NAME <ADDRESS>`; who has no address is a company.
    static func supplier(_ text: String) -> String {
        guard let match = text.wholeMatch(of: /(.+?) *<([^<>]+)>/) else { return "Organization: \(text)" }
        return "Person: \(match.1.filter { $0 != "\"" && $0 != "(" && $0 != ")" }) (\(match.2))"
    }

    /// Letters, digits, dots and hyphens are all that an identifier may have.
    private static func allowed(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" })
    }
}
