import Provenance

/// A bill with everything that can make a document invalid: odd names, licences, suppliers, no origin.
enum Sample {
    static let digest = String(repeating: "0123456789abcdef", count: 4)

    static func bill(_ change: (inout InstalledPackage) -> Void = { _ in }) -> SoftwareBill {
        var first = InstalledPackage(.deb, name: "libstdc++6", version: "14.2.0-19", architecture: "amd64")
        first.supplier = "Debian GCC \"Maintainers\" (team) <debian-gcc@lists.debian.org>"
        first.homepage = "http://gcc.gnu.org/"
        first.origin = .init(element: "debian-minimal", hook: "root/08-debootstrap")
        var second = InstalledPackage(.rpm, name: "shadow_utils", version: "2:4.15~rc1-1", architecture: "x86_64")
        second.supplier = "Fedora Project"
        second.homepage = "not an address"
        second.license = "BSD and GPLv2+"
        second.source = "shadow-4.15.src.rpm"
        change(&first)
        let system = SystemRelease(osRelease: "ID=debian\nVERSION_ID=13\nPRETTY_NAME='Debian 13'\n")
        return SoftwareBill(
            image: "node", system: system, packages: [second, first],
            files: [.init(name: "node.raw", sha256: digest), .init(name: "node.qcow2", sha256: digest)],
            time: 1_700_000_000, toolVersion: "0.1.0")
    }

    static func statement(_ elements: [String] = ["vm"]) throws -> ProvenanceStatement {
        try ProvenanceStatement(
            outputs: bill().files,
            parameters: .init(
                elements: elements, architecture: "amd64", formats: ["raw"], packages: ["htop"],
                arguments: ["-o", "node"], variables: ["DIB_RELEASE": "trixie"]),
            plan: .init(elements: ["base", "vm"], hooks: ["vm finalise/50-x"], steps: ["check root tree"]),
            materials: [
                .init(name: "element vm", uri: "urn:ingot:element:vm", digest: ["ingotTree": digest]),
                .init(uri: "http://deb.debian.org/debian/dists/trixie/InRelease", digest: ["sha256": digest]),
            ],
            time: 1_700_000_000, toolVersion: "0.1.0")
    }
}
