import Elements
import Testing

private let map = """
    {
      "release": {"debian": {"bookworm": {"kernel": "linux-image-amd64"}}, "centos": {"8": {"kernel": "kernel-8"}}},
      "distro": {"debian": {"kernel": "linux-debian", "editor": "", "tools": "a  b\\tc"}},
      "family": {"debian": {"kernel": "linux-family", "editor": "vi"}, "redhat": {"kernel": "kernel-core", "grub": null}},
      "default": {"kernel": "linux", "editor": "nano", "only": "here"},
      "comment": "nobody reads this"
    }
    """

private struct LookUp: Sendable {
    let package: String
    let distribution: String
    var release: String?
    let mapping: PackageMap.Mapping
}

@Suite struct PackageMapTests {
    @Test(arguments: [
        LookUp(package: "kernel", distribution: "debian", release: "bookworm", mapping: .names("linux-image-amd64")),
        LookUp(package: "kernel", distribution: "debian", release: "trixie", mapping: .names("linux-debian")),
        LookUp(package: "kernel", distribution: "debian", mapping: .names("linux-debian")),
        LookUp(package: "kernel", distribution: "ubuntu", release: "noble", mapping: .names("linux-family")),
        LookUp(package: "kernel", distribution: "centos", release: "8-stream", mapping: .names("kernel-8")),
        LookUp(package: "kernel", distribution: "centos", release: "9-stream", mapping: .names("kernel-core")),
        LookUp(package: "kernel", distribution: "rocky", mapping: .names("kernel-core")),
        LookUp(package: "kernel", distribution: "gentoo", mapping: .names("linux")),
        LookUp(package: "editor", distribution: "debian", mapping: .nothing),
        LookUp(package: "editor", distribution: "ubuntu", mapping: .names("vi")),
        LookUp(package: "grub", distribution: "fedora", mapping: .nothing),
        LookUp(package: "grub", distribution: "debian", mapping: .unmapped),
        LookUp(package: "tools", distribution: "debian", mapping: .names("a b c")),
    ]) fileprivate func theMostSpecificNamePrevails(_ expected: LookUp) throws {
        let mapping = try PackageMap(parsing: map, named: "map")
            .mapping(of: expected.package, distribution: expected.distribution, release: expected.release)
        #expect(mapping == expected.mapping)
    }

    @Test func theFlatFormHasOneSortedLineForEachName() throws {
        let lines = [
            "default\t\teditor\tnano", "default\t\tkernel\tlinux", "default\t\tonly\there", "distro\tdebian\teditor\t",
            "distro\tdebian\tkernel\tlinux-debian", "distro\tdebian\ttools\ta b c", "family\tdebian\teditor\tvi",
            "family\tdebian\tkernel\tlinux-family", "family\tredhat\tgrub\t", "family\tredhat\tkernel\tkernel-core",
            "release\tcentos/8\tkernel\tkernel-8", "release\tdebian/bookworm\tkernel\tlinux-image-amd64",
        ]
        #expect(try PackageMap(parsing: map, named: "map").flatText == lines.map { $0 + "\n" }.joined())
        #expect(try PackageMap(parsing: "{}", named: "map").flatText.isEmpty)
    }

    @Test(arguments: [
        ("", "cannot parse 'map': not valid JSON"),
        ("{'a': 1}", "cannot parse 'map': not valid JSON"),
        ("[]", "cannot parse 'map': unexpected value"),
        (#"{"default": {"a": ["b"]}}"#, "cannot parse 'map': unexpected value at 'default' 'a'"),
        (#"{"distro": {"debian": "x"}}"#, "cannot parse 'map': unexpected value at 'distro' 'debian'"),
    ]) func whatIsNoMapIsRefusedByName(text: String, message: String) {
        let error = #expect(throws: ElementError.self) { try PackageMap(parsing: text, named: "map") }
        #expect(error?.description == message)
    }
}
