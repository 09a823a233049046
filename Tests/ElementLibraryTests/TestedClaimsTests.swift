import Foundation
import SystemPackage
import TestSupport
import Testing

/// `elements/tested.yaml` says how each element is tested: here the claims are held against the tests that they name.
@Suite struct TestedClaimsTests {
    private struct ElementNames {
        let names: Set<String>

        init(_ text: String) { names = Set(text.split(whereSeparator: \.isWhitespace).map(String.init)) }
    }

    /// What `ingot element list --json` says of an element, as far as it matters here.
    private struct Profile: Decodable {
        struct Testing: Decodable {
            let level: String
            let evidence: [String]
        }

        let name: String
        let summary: String
        let dependencies: [String]
        let provides: [String]
        let tested: Testing?
    }

    /// Where the tests lie that may bear a claim.
    private static let places = [
        "boot": ["Tests/BootTests/", "scripts/boot-matrix"],
        "build": ["Tests/BootTests/", "Tests/IntegrationTests/", "scripts/"],
        "double": [
            "Tests/BootTests/", "Tests/ElementLibraryTests/", "Tests/IntegrationTests/", "Tests/CommandsTests/",
        ],
    ]

    private static func profiles() throws -> [Profile] {
        var environment = ProcessInfo.processInfo.environment
        environment["ELEMENTS_PATH"] = nil
        environment["INGOT_SHARE"] = Checkout.root.string
        let result = try runTool(Checkout.ingot.string, ["element", "list", "--json"], environment: environment)
        return try JSONDecoder().decode([Profile].self, from: Data(result.output.utf8))
    }

    /// The elements that the issue of the element library calls P0 and P1, after upstream's inventory.
    private static let important = ElementNames(
        """
        apt-conf apt-sources baremetal base block-device-efi block-device-efi-4k block-device-efi-lvm block-device-gpt
        block-device-mbr bootloader cache-url centos cleanup-kernel-initrd cloud-init cloud-init-datasources
        cloud-init-disable-resizefs cloud-init-growpart cloud-init-nocloud containerfile debian debian-minimal debootstrap
        deploy-baremetal deploy-tgtadm devuser dhcp-all-interfaces dib-init-system dkms dpkg dynamic-login element-manifest
        enable-serial-console fedora growroot grub2 ibft-interfaces install-bin install-static install-types
        journal-to-console local-config lvm manifests modprobe no-final-image openssh-server opensuse package-installs
        pip-and-virtualenv pkg-map ramdisk ramdisk-base redhat-common rpm-distro runtime-ssh-host-keys
        select-boot-kernel-initrd selinux-fixfiles-restore selinux-permissive simple-init source-repositories svc-map sysctl
        sysprep ubuntu ubuntu-common ubuntu-minimal vm yum zypper
        """)

    /// What no claim is made of counts as planned only, and `docs/elements.md` says so.
    @Test func everyElementHasASummaryAndTheImportantOnesAreMoreThanPlanned() throws {
        let profiles = try Self.profiles()
        #expect(profiles.count >= 42)
        #expect(profiles.filter(\.summary.isEmpty).map(\.name) == [])
        let planned = profiles.filter { $0.tested == nil || $0.tested?.level == "plan" }.map(\.name)
        #expect(planned.filter { Self.important.names.contains($0) } == [])
    }

    /// A test speaks for the elements that it names, and for all that they depend on.
    @Test func eachClaimNamesTestsThatNameTheElement() throws {
        let profiles = try Self.profiles()
        let dependants = Self.dependants(profiles)
        for profile in profiles {
            guard let tested = profile.tested, tested.level != "plan" else { continue }
            let places = Self.places[tested.level] ?? []
            for file in tested.evidence {
                #expect(
                    places.contains { file.hasPrefix($0) },
                    "\(profile.name): '\(file)' is no place of a \(tested.level)")
                let text = (try? String(contentsOfFile: Checkout.root.appending(file).string, encoding: .utf8)) ?? ""
                let names = dependants[profile.name, default: []].union([profile.name])
                #expect(
                    names.contains { Self.mentions(text, $0) },
                    "\(profile.name): '\(file)' names neither it nor an element that needs it")
            }
        }
    }

    @Test func noClaimIsOfAnElementThatIsNoMore() throws {
        let text = try String(contentsOfFile: Checkout.elements.appending("tested.yaml").string, encoding: .utf8)
        let claimed = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ":").first
        }
        #expect(Set(claimed.map(String.init)).subtracting(try Self.profiles().map(\.name)) == [])
    }

    /// The elements that need each element, directly or not; `base` is in every build.
    private static func dependants(_ profiles: [Profile]) -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        let byName = Dictionary(profiles.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for profile in profiles {
            var queue = profile.dependencies + ["base"]
            var seen: Set<String> = []
            while let name = queue.popLast() {
                guard seen.insert(name).inserted else { continue }
                result[name, default: []].insert(profile.name)
                queue += byName[name]?.dependencies ?? []
            }
        }
        return result
    }

    /// Whether the text has the name as a word of its own: not `debian` in `debian-minimal`.
    private static func mentions(_ text: String, _ name: String) -> Bool {
        func isPart(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return byte == UInt8(ascii: "-") || Character(Unicode.Scalar(byte)).isLetter
                || Character(Unicode.Scalar(byte)).isNumber
        }
        let bytes = Array(text.utf8)
        return text.ranges(of: name).contains { range in
            let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
            let end = start + name.utf8.count
            return !isPart(start > 0 ? bytes[start - 1] : nil) && !isPart(end < bytes.count ? bytes[end] : nil)
        }
    }
}
