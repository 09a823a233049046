package import Basics
import SystemPackage

extension ServiceMap {
    package static let fileName = "svc-map"

    /// Reads and merges the service maps of these elements, in their order, for the distribution in `DISTRO_NAME`.
    package static func load(_ elements: [Element], variables: Environment) throws(ElementError) -> ServiceMap {
        var map = ServiceMap(distribution: variables["DISTRO_NAME"] ?? "")
        for element in elements {
            let path = element.path.appending(fileName)
            guard let text = try TextFile.text(of: path) else { continue }
            try map.merge(parsing: text, named: path.string, of: element.name)
        }
        return map
    }
}
