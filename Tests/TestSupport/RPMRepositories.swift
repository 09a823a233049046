import Foundation
package import SystemPackage

/// Doubles of the RPM distributions' repositories, made once by `Tests/Doubles/rpm-repository` and kept in the build folder.
///
/// The packages are real ones, signed with a key that was made for them; so are the package managers that read them.
package enum RPMRepositories {
    package enum Failure: Error, CustomStringConvertible {
        case notMade(String)

        package var description: String {
            switch self {
            case .notMade(let output): "a script of Tests/Doubles failed:\n\(output)"
            }
        }
    }

    /// What the machine must have to make the repositories and to install from them.
    package static let tools = [
        "rpmbuild", "rpmsign", "createrepo_c", "gpg", "dnf", "zypper", "setfiles", "dpkg-query",
    ].map(HostAbility.tool)

    /// The same, for bootable ones.
    package static let bootableTools = tools + ["apt-get", "cpio", "pip3"].map(HostAbility.tool)

    /// Folder of the repositories; the first call takes about a minute, and calls of other processes wait for it.
    ///
    /// Bootable ones have a kernel and a boot loader from the builder's mirror, and are there for fewer distributions.
    package static func make(bootable: Bool = false) throws -> FilePath {
        let folder = Checkout.root.appending(".build/doubles").appending(bootable ? "rpm-bootable" : "rpm")
        let script = Checkout.root.appending("Tests/Doubles/rpm-repository")
        let result = try runTool(
            "/bin/bash", [script.string, folder.string] + (bootable ? ["bootable"] : []))
        guard result.status == 0 else { throw Failure.notMade(result.output) }
        return folder
    }

    /// An image as its distribution published it, made of the bootable repositories by `Tests/Doubles/rpm-image`; see there
    /// for the kinds.
    package static func image(_ kind: String) throws -> FilePath {
        let image = Checkout.root.appending(".build/doubles/rpm-images").appending("\(kind).qcow2")
        let result = try runTool(
            "/bin/bash",
            [
                Checkout.root.appending("Tests/Doubles/rpm-image").string, try make(bootable: true).string, kind,
                image.string,
            ])
        guard result.status == 0 else { throw Failure.notMade(result.output) }
        return image
    }
}
