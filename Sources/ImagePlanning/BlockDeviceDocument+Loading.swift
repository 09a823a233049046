package import Basics
package import Elements
import Foundation
import SystemPackage

extension BlockDeviceDocument {
    /// The built-in layout: the root file system on the whole disk, without a partition table.
    private static let fallbackText = """
        - local_loop:
            name: image0
            mkfs:
              name: mkfs_root
              mount:
                mount_point: /
                fstab:
                  options: "defaults"
                  fsck-passno: 1

        """

    /// Chooses and reads the configuration: the variable, else the first element that has a layout, else the fallback.
    package static func load(
        environment: Environment, elements: [Element], architecture: Architecture
    ) throws(PlanError) -> BlockDeviceDocument {
        if let value = environment.nonEmpty("DIB_BLOCK_DEVICE_CONFIG") {
            guard value.hasPrefix("file://") else { return BlockDeviceDocument(origin: .variable, text: value) }
            let path = FilePath(String(value.dropFirst("file://".count)))
            return BlockDeviceDocument(origin: .file(path), text: try read(path))
        }
        for element in elements {
            for name in fileNames(for: architecture) {
                let path = element.path.appending(name)
                guard FileManager.default.fileExists(atPath: path.string) else { continue }
                return BlockDeviceDocument(origin: .element(element.name, path), text: try read(path))
            }
        }
        return BlockDeviceDocument(origin: .fallback, text: fallbackText)
    }

    private static func read(_ path: FilePath) throws(PlanError) -> String {
        do {
            return try String(contentsOfFile: path.string, encoding: .utf8)
        } catch {
            throw PlanError(
                "cannot read block-device configuration '\(path)'", hint: "check DIB_BLOCK_DEVICE_CONFIG and the file")
        }
    }
}
