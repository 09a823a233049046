import Basics

/// A `params.yaml`: a build's parameters, and which document they are for (compat-blockdevice section 2.3).
package struct BlockDeviceParametersFile: Hashable, Sendable {
    /// Path of the layout document.
    package let configuration: String?
    package let parameters: BlockDeviceParameters

    /// Parses the file's text; an empty value counts as none.
    package init(yaml text: String) throws(BlockDeviceError) {
        let value = try ConfigurationValue(yaml: text)
        guard let mapping = value.mapping else {
            throw BlockDeviceError(.document, "block device parameters are not a dict: \(value)", at: value.location)
        }
        let reader = AttributeReader(
            ConfigurationEntry(type: .localLoop, attributes: mapping, location: value.location))
        configuration = try reader.text("config")
        parameters = BlockDeviceParameters(
            rootFilesystemType: try reader.text("root-fs-type"), rootFilesystemOptions: try reader.text("root-fs-opts"),
            rootLabel: try reader.text("root-label"), imageSize: try reader.size("image-size"),
            imageDirectory: try reader.text("image-dir"), mountBase: try reader.text("mount-base"),
            buildDirectory: try reader.text("build-dir"))
    }
}
