import Basics
package import Elements
import Foundation
import LinuxOS
import SystemPackage

/// Something small of a package archive that changes whenever the archive does: what makes `packages` an input.
package struct PackageIndex: Hashable, Sendable, Codable, Comparable {
    package let manager: ElementInput.PackageManager
    package let address: String

    package static func < (left: PackageIndex, right: PackageIndex) -> Bool {
        (left.manager.rawValue, left.address) < (right.manager.rawValue, right.address)
    }

    /// Those that an image's own package manager is set up for.
    static func read(root: FilePath, architecture: Architecture) -> [PackageIndex] {
        guard let root = try? ConfinedRoot(root) else { return [] }
        let files = IndexFiles(root: root)
        var found: [PackageIndex] = []
        let apt =
            files.text("/etc/apt/sources.list") + files.texts("/etc/apt/sources.list.d", suffix: ".list")
        found += AptSources(lines: apt).indexes
        found += AptSources(stanzas: files.texts("/etc/apt/sources.list.d", suffix: ".sources")).indexes
        for (manager, folder) in [
            (ElementInput.PackageManager.dnf, "/etc/yum.repos.d"), (.zypper, "/etc/zypp/repos.d"),
        ] {
            let repositories = RPMRepositories(
                text: files.texts(folder, suffix: ".repo"), osRelease: files.text("/etc/os-release"),
                machine: architecture.name)
            found += repositories.addresses.map { PackageIndex(manager: manager, address: $0) }
        }
        let lines = files.text("/etc/apk/repositories").split(separator: "\n").map(\.trimmedText)
        for line in lines where !line.hasPrefix("#") && !line.isEmpty {
            guard let address = line.split(separator: " ").last else { continue }
            let machine = files.text("/etc/apk/arch").trimmedText
            found.append(PackageIndex(manager: .apk, address: "\(address)/\(machine)/APKINDEX.tar.gz"))
        }
        if !files.text("/etc/portage/make.profile/parent").isEmpty || !files.text("/etc/gentoo-release").isEmpty {
            let address = "https://distfiles.gentoo.org/snapshots/gentoo-latest.tar.xz.md5sum"
            found.append(PackageIndex(manager: .emerge, address: address))
        }
        return Set(found).sorted()
    }

    /// Those that the image will be made from, as long as it has no package manager: Debian's elements say so in
    /// variables, and `mmdebstrap` has defaults.
    static func planned(_ environment: Environment) -> [PackageIndex] {
        if let sources = environment.nonEmpty("DIB_APT_SOURCES_CONF") {
            let lines = sources.split(separator: "\n").map { $0.drop { $0 != ":" }.dropFirst() }
            return AptSources(lines: lines.joined(separator: "\n")).indexes
        }
        guard let release = environment.nonEmpty("DIB_RELEASE"), let name = environment.nonEmpty("DISTRO_NAME") else {
            return []
        }
        let defaults = ["debian": "http://deb.debian.org/debian", "ubuntu": "http://archive.ubuntu.com/ubuntu"]
        guard let mirror = environment.nonEmpty("DIB_DISTRIBUTION_MIRROR") ?? defaults[name] else { return [] }
        return AptSources(lines: "deb \(mirror) \(release) main\ndeb \(mirror) \(release)-updates main").indexes
    }
}

/// Small configuration files of an image, read without leaving it.
private struct IndexFiles {
    let root: ConfinedRoot

    func text(_ path: String) -> String {
        guard let file = try? root.open(FilePath(path)) else { return "" }
        return
            (try? file.closeAfter { () throws -> String in
                var bytes = [UInt8](repeating: 0, count: 256 << 10)
                let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
                return String(decoding: bytes[..<count], as: UTF8.self) + "\n"
            }) ?? ""
    }

    func texts(_ folder: String, suffix: String) -> String {
        guard let place = try? root.resolve(FilePath(folder)) else { return "" }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.string)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { text("\(folder)/\($0)") + "\n" }.joined()
    }
}

extension StringProtocol {
    var trimmedText: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
