import Basics
import DiskFormats
import Foundation
import ImageAssembly
import ImageInspection
import ImagePlanning
import Provenance
import SystemPackage

extension PackageInventory {
    /// Reads the databases of an image by its bytes: nothing is unpacked, and no root is needed.
    ///
    /// For disks whose system is on ext2, ext3 or ext4; nothing for other images, and for those with rpm's database,
    /// which only rpm reads.
    static func read(disk path: FilePath) throws -> PackageInventory? {
        guard let image = try? DiskImage(path), let description = try? ImageInspector(image).describe() else {
            return nil
        }
        let disk = DiskWindow(image.contents)
        func isExt(_ filesystem: ImageDescription.Filesystem?) -> Bool {
            ["ext2", "ext3", "ext4"].contains(filesystem?.type ?? "")
        }
        var windows = isExt(description.filesystem) ? [disk] : []
        windows += description.partitions.filter { isExt($0.filesystem) }
            .compactMap { disk.part(at: $0.start.bytes, size: $0.size.bytes) }
        for window in windows {
            if let found = try read(Ext4Reader(window)) { return found }
        }
        return nil
    }

    /// Nothing if the file system has no such database.
    private static func read(_ reader: Ext4Reader) throws -> PackageInventory? {
        for folder in PackageDatabases.rpmDirectories where try !reader.names(in: "/" + folder).isEmpty { return nil }
        func text(_ path: String) throws -> String? {
            try reader.file("/" + path, limit: 16 << 20).map { String(decoding: $0, as: UTF8.self) }
        }
        let release = try text("etc/os-release") ?? text("usr/lib/os-release") ?? ""
        var packages = try text(PackageDatabases.debianStatus).map(PackageDatabases.debian(status:)) ?? []
        for path in PackageDatabases.alpine where packages.isEmpty {
            packages = try text(path).map(PackageDatabases.alpine(installed:)) ?? []
        }
        return packages.isEmpty
            ? nil : PackageInventory(system: SystemRelease(osRelease: release), packages: packages, problems: [])
    }
}
