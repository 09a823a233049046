/// A bill of materials as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).
///
/// Element and hook of a package are properties of it, in the name space `ingot`.
struct CycloneDXDocument: Encodable {
    struct Property: Encodable {
        let name: String
        let value: String
    }

    struct Hash: Encodable {
        let alg = "SHA-256"
        let content: String
    }

    struct LicenseName: Encodable {
        let name: String
    }

    struct License: Encodable {
        let license: LicenseName
    }

    struct Supplier: Encodable {
        let name: String
    }

    struct Component: Encodable {
        let type: String
        let name: String
        var bomRef: String?
        var version: String?
        var purl: String?
        var supplier: Supplier?
        var licenses: [License]?
        var hashes: [Hash]?
        var components: [Component]?
        var properties: [Property]?

        enum CodingKeys: String, CodingKey {
            case type, name, version, purl, supplier, licenses, hashes, components, properties
            case bomRef = "bom-ref"
        }
    }

    struct Tools: Encodable {
        let components: [Component]
    }

    struct Metadata: Encodable {
        let timestamp: String
        let tools: Tools
        let component: Component
    }

    struct Dependency: Encodable {
        let ref: String
        let dependsOn: [String]
    }

    let bomFormat = "CycloneDX"
    let specVersion = "1.6"
    let serialNumber: String
    let version = 1
    let metadata: Metadata
    let components: [Component]
    let dependencies: [Dependency]

    init(_ bill: SoftwareBill) throws {
        var image = Component(type: "operating-system", name: bill.image, bomRef: "image")
        image.version = bill.system.version.isEmpty ? nil : bill.system.version
        if !bill.system.name.isEmpty { image.properties = [Property(name: "ingot:system", value: bill.system.name)] }
        if !bill.files.isEmpty {
            image.components = bill.files.map {
                Component(type: "file", name: $0.name, hashes: [Hash(content: $0.sha256)])
            }
        }
        // The same package may be there in two versions (kernels), never twice in one.
        components = bill.packages.map { Self.component($0, bill) }
        let tool = Component(type: "application", name: "ingot", version: bill.toolVersion)
        metadata = Metadata(timestamp: bill.timestamp, tools: Tools(components: [tool]), component: image)
        serialNumber = "urn:uuid:\(try bill.identifier("cyclonedx"))"
        dependencies = [Dependency(ref: "image", dependsOn: components.compactMap(\.bomRef))]
    }

    private static func component(_ package: InstalledPackage, _ bill: SoftwareBill) -> Component {
        let url = package.url(on: bill.system)
        var component = Component(type: "library", name: package.name, bomRef: url, version: package.version)
        component.purl = url
        component.supplier = package.supplier.map { Supplier(name: $0) }
        component.licenses = package.license.map { [License(license: LicenseName(name: $0))] }
        var properties = [Property(name: "ingot:package:size", value: String(package.size))]
        if let source = package.source { properties.append(Property(name: "ingot:package:source", value: source)) }
        if let origin = package.origin {
            properties.append(Property(name: "ingot:element", value: origin.element))
            properties.append(Property(name: "ingot:hook", value: origin.hook))
        }
        component.properties = properties
        return component
    }
}
