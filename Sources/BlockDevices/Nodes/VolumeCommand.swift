import Basics

/// A command of LVM that makes something, with what takes it back (compat-blockdevice sections 7 and 16).
package struct VolumeCommand: Hashable, Sendable {
    package let words: [String]
    /// In the order to be run; the label of a physical volume vanishes with its image file.
    package let undoing: [[String]]

    init(_ words: [String], undoing: [[String]] = []) {
        self.words = words
        self.undoing = undoing
    }
}

extension LogicalVolumes {
    /// Makes physical volumes, groups, logical volumes, each in the document's order.
    ///
    /// `devices` gives the path of a partition's or image's device.
    package func creation(devices: (String) -> String?) throws(BlockDeviceError) -> [VolumeCommand] {
        var commands: [VolumeCommand] = []
        var paths: [String: String] = [:]
        for volume in physicalVolumes {
            guard let path = devices(volume.base) else {
                throw BlockDeviceError(.graph, "'\(volume.base)' of physical volume '\(volume.name)' is no device")
            }
            paths[volume.name] = path
            commands.append(VolumeCommand(["pvcreate", path] + volume.options))
        }
        for group in volumeGroups {
            commands.append(
                VolumeCommand(
                    ["vgcreate", group.name] + group.base.compactMap { paths[$0] } + group.options,
                    undoing: [["vgremove", "--yes", "--force", group.name]]))
        }
        return commands + logicalVolumes.map(\.creation)
    }

    /// Takes all volumes and groups out of use, in upstream's order.
    package var deactivation: [[String]] {
        logicalVolumes.map { ["lvchange", "-an", "/dev/\($0.base)/\($0.name)"] }
            + volumeGroups.map { ["vgchange", "-an", $0.name] }
    }

    /// Name and path of every volume that can be used as a device, and of pools, which upstream lists too.
    package var devices: [(name: String, path: String)] { logicalVolumes.map { ($0.name, $0.path) } }
}

extension LogicalVolume {
    /// The device-mapper's name: hyphens in names are doubled, one hyphen separates them.
    package var path: String {
        func doubled(_ name: String) -> String { name.replacing("-", with: "--") }
        return "/dev/mapper/\(doubled(base))-\(doubled(name))"
    }

    fileprivate var creation: VolumeCommand {
        var words = ["lvcreate", "--name", name]
        if let provisioning { words += ["--type", provisioning.rawValue] }
        if let thinPool { words += ["--thin-pool", thinPool] }
        switch extent {
        case .size(let size): words += [provisioning == .thin ? "-V" : "-L", "\(size.bytes)B"]
        case .extents(let extents): words += ["-l", extents]
        }
        return VolumeCommand(
            words + options + [base],
            undoing: [
                ["lvchange", "--activate", "n", "\(base)/\(name)"], ["lvremove", "--yes", "/dev/\(base)/\(name)"],
            ])
    }
}
