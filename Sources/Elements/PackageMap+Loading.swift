package import SystemPackage

extension PackageMap {
    package static func load(_ path: FilePath) throws(ElementError) -> PackageMap {
        guard let text = try TextFile.text(of: path) else { throw .cannotRead(path, .noSuchFileOrDirectory) }
        return try PackageMap(parsing: text, named: path.string)
    }
}
