import Provenance
import Testing

@Suite("Databases of package managers")
struct PackageDatabaseTests {
    @Test("dpkg: what is installed, with the file that tells who installed it")
    func debian() {
        let text = """
            Package: libc6
            Status: install ok installed
            Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
            Architecture: amd64
            Multi-Arch: same
            Source: glibc (2.41-12)
            Version: 2.41-12
            Installed-Size: 3
            Homepage: https://www.gnu.org/software/libc/libc.html
            Description: GNU C Library
             Package: not a field

            Package: gone
            Status: deinstall ok config-files
            Architecture: amd64
            Version: 1

            Package: tzdata
            Status: install ok installed
            Architecture: all
            Version: 1:2025b-4+deb13u1
            """
        let packages = PackageDatabases.debian(status: text)
        #expect(packages.map(\.name) == ["libc6", "tzdata"])
        #expect(packages[0].witness == "var/lib/dpkg/info/libc6:amd64.list")
        #expect(packages[1].witness == "var/lib/dpkg/info/tzdata.list")
        #expect(packages[0].size == 3072)
        #expect(packages[0].source == "glibc (2.41-12)")
        let system = SystemRelease(osRelease: "ID=debian\nVERSION_ID=\"13\"\nPRETTY_NAME=\"Debian GNU/Linux 13\"\n")
        #expect(packages[0].url(on: system) == "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13")
        #expect(packages[1].url(on: system) == "pkg:deb/debian/tzdata@1:2025b-4%2Bdeb13u1?arch=all&distro=debian-13")
    }

    @Test("apk: fields of a package come before its files, whose owners and modes look like fields")
    func alpine() {
        let text = """
            C:Q1abc=
            P:musl
            V:1.2.5-r9
            A:x86_64
            L:MIT
            o:musl
            m:Someone <a@b.example>
            I:667648
            F:lib
            R:ld-musl-x86_64.so.1
            a:0:0:755
            Z:Q1xyz=

            P:busybox
            V:1.37.0-r12
            A:x86_64
            F:
            R:init
            """
        let packages = PackageDatabases.alpine(installed: text)
        #expect(packages.map(\.version) == ["1.2.5-r9", "1.37.0-r12"])
        #expect(packages.map(\.witness) == ["lib/ld-musl-x86_64.so.1", "init"])
        #expect(packages[0].license == "MIT")
        #expect(packages[0].size == 667_648)
    }

    @Test("rpm: epochs are a part of versions and a qualifier of URLs; keys are no packages")
    func rpm() {
        let unit = "\u{1F}"
        let shadow = ["shadow", "2", "4.15", "1.fc40", "x86_64", "shadow-4.15-1.fc40.src.rpm", "(none)", "(none)"]
        let lines = [
            (shadow + ["BSD and GPLv2+", "99", "/etc/login.defs\u{1E}/usr/bin/newgrp\u{1E}"]).joined(separator: unit),
            (["gpg-pubkey"] + shadow.dropFirst() + ["x", "0", ""]).joined(separator: unit),
        ]
        let packages = PackageDatabases.rpm(answer: lines.joined(separator: "\n") + "\n")
        #expect(packages.map(\.version) == ["2:4.15-1.fc40"])
        #expect(packages[0].witness == "usr/bin/newgrp")
        #expect(packages[0].supplier == nil)
        let url = packages[0].url(on: SystemRelease(osRelease: "ID=fedora\nVERSION_ID=40\n"))
        #expect(url == "pkg:rpm/fedora/shadow@4.15-1.fc40?arch=x86_64&distro=fedora-40&epoch=2")
    }

    @Test("What is no database gives no packages", arguments: ["", "\n\n\n", "Package", ":\n:\n", "\u{0}\u{FF}"])
    func nothing(text: String) {
        #expect(PackageDatabases.debian(status: text).isEmpty)
        #expect(PackageDatabases.alpine(installed: text).isEmpty)
        #expect(PackageDatabases.rpm(answer: text).isEmpty)
    }
}
