package import Basics
import BlockDevices
import Elements

/// Room for what hooks write after the tree was measured, on the finished disk: the boot loader's.
///
/// Element `bootloader` copies GRUB's modules to `/boot` and the EFI partition, and may install packages. The sizes are
/// allowances with room to spare, not measurements, but for one: `/boot/grub` of a Debian image for BIOS has 2.5 MiB. They
/// are on top of the free space asked for: with none at all, the modules did not fit. Upstream's rule does not know this.
package struct FinaliseRoom: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package let path: String
        package let size: ByteCount
    }

    package let items: [Item]

    static let none = FinaliseRoom(items: [])

    /// On a disk with these mount points.
    ///
    /// An initial ramdisk that is made anew, as by element `lvm`, is written beside the old one.
    static func bootLoader(mountPoints: [String], makesRamdisk: Bool) -> FinaliseRoom {
        let esp = mountPoints.filter { ["/boot/efi", "/efi"].contains($0) }.map { Item(path: $0, size: .mebibytes(10)) }
        return FinaliseRoom(
            items: [
                Item(path: "/", size: .mebibytes(20)),
                Item(path: "/boot", size: .mebibytes(makesRamdisk ? 92 : 12)),
            ] + esp)
    }

    /// The tree as it may be before the cleaning at the end.
    func added(to survey: TreeSurvey) -> TreeSurvey {
        var survey = survey
        survey.directories += items.map { item in
            // Of its own: it lies on the filesystem that its path is on.
            TreeSurvey.Directory(
                path: (item.path == "/" ? "" : item.path) + "/.later", files: [TreeSurvey.File(size: item.size.bytes)])
        }
        return survey
    }

    package var description: String? {
        items.isEmpty ? nil : items.map { "\($0.size) at \($0.path)" }.joined(separator: ", ")
    }
}

extension BuildPlan {
    package var finaliseRoom: FinaliseRoom {
        let names = Set(selection.names.map(\.text))
        guard sizingMode == .exact, names.contains("bootloader") else { return .none }
        return .bootLoader(mountPoints: graph.mounts.map(\.absolutePath), makesRamdisk: names.contains("lvm"))
    }
}
