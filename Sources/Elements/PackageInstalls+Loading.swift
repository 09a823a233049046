package import Basics
import SystemPackage

extension PackageInstalls {
    /// Reads the package lists of these elements, in their order, and resolves them.
    package static func load(_ elements: [Element], variables: Environment) throws(ElementError) -> PackageInstalls {
        var files: [(element: ElementName, file: PackageInstallsFile)] = []
        for element in elements {
            for name in PackageInstallsFile.fileNames {
                let path = element.path.appending(name)
                guard let text = try TextFile.text(of: path) else { continue }
                files.append((element.name, try PackageInstallsFile(parsing: text, named: path.string)))
            }
        }
        return try resolve(files, variables: variables)
    }
}
