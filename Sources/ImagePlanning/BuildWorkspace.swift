package import SystemPackage

/// The paths of a build; nothing but paths (compat-core section 3.1).
///
/// Elements derive names from them: the root tree must be `<tmp>/dib_build.<suffix>/mnt` (contract 0.5).
package struct BuildWorkspace: Hashable, Sendable {
    package let buildDirectory: FilePath
    package let imageDirectory: FilePath

    package init(buildDirectory: FilePath, imageDirectory: FilePath) {
        self.buildDirectory = buildDirectory
        self.imageDirectory = imageDirectory
    }

    /// The names shown in a plan, before the directories exist.
    package init(planned temporaryDirectory: FilePath) {
        buildDirectory = temporaryDirectory.appending("dib_build.XXXXXXXX")
        imageDirectory = temporaryDirectory.appending("dib_image.XXXXXXXX")
    }

    /// The root tree, and later the mount point of the image's root file system.
    package var mountPath: FilePath { buildDirectory.appending("mnt") }
    /// The root tree between its release and its transfer onto the disk.
    package var builtPath: FilePath { buildDirectory.appending("built") }
    package var hooksPath: FilePath { buildDirectory.appending("hooks") }
    package var blockDevicePath: FilePath { buildDirectory.appending("block-device") }
    package var parametersPath: FilePath { blockDevicePath.appending("params.yaml") }
    package var configurationPath: FilePath { blockDevicePath.appending("config.yaml") }
    package var statePath: FilePath { buildDirectory.appending("states").appending("block-device") }
}
