import Foundation
import SystemPackage
import TestSupport
import Testing

/// Small elements that only RPM distributions use, or mostly they.
@Suite("Small RPM elements")
struct RPMSmallElementsTests {
    private static let registrations: [(variables: [String: String], status: Int32, calls: [String])] = [
        ([:], 0, []),
        (
            [
                "REG_METHOD": "portal", "REG_ORG": "12", "REG_ACTIVATION_KEY": "key", "REG_REPOS": "a,b",
                "DIB_DEBUG_TRACE": "1",
            ], 0,
            [
                "subscription-manager register --activationkey=key --org=12",
                "subscription-manager repos --enable=a --enable=b",
            ]
        ),
        (
            ["REG_METHOD": "portal", "REG_USER": "me", "REG_PASSWORD": "secret", "REG_MACHINE_NAME": "x"], 0,
            ["subscription-manager register --username=me --password=secret --name=x --auto-attach"]
        ),
        (["REG_METHOD": "portal", "REG_USER": "me"], 1, []),
        (["REG_METHOD": "satellite", "REG_ORG": "1", "REG_ACTIVATION_KEY": "k"], 1, []),
        (["REG_METHOD": "other"], 1, []),
    ]

    @Test(
        "registering passes what is set, and nothing without a method", .requires(.root), arguments: registrations)
    func register(_ row: (variables: [String: String], status: Int32, calls: [String])) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["rhel-common"], environment: row.variables)
            try bench.fake("subscription-manager")
            let result = try bench.runInside("pre-install.d/00-rhel-registration")
            #expect(result.status == row.status, "\(result.output)")
            #expect(bench.calls == row.calls)
            #expect(result.output.contains("secret") == false && result.output.contains("=key") == false)
            #expect(try bench.runInside("pre-install.d/10-rhel-blacklist").status == 0)
            #expect(try bench.rootText("/tmp/yum-blacklist") == "dkms\n")
        }
    }

    @Test("the registration ends with the build, unless it is to stay", .requires(.root))
    func unregister() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["rhel-common"], environment: ["REG_METHOD": "portal"])
            try bench.fake("subscription-manager")
            bench.environment["REG_HALT_UNREGISTER"] = "1"
            #expect(try bench.runInside("finalise.d/60-unregister").status == 0)
            #expect(bench.calls == [])
            bench.environment["REG_HALT_UNREGISTER"] = nil
            #expect(try bench.runInside("finalise.d/60-unregister").status == 0)
            #expect(bench.calls == ["subscription-manager unregister", "subscription-manager clean"])
        }
    }

    @Test("OpenStack's policy comes in where the repositories have it", .requires(.root), arguments: [0, 1])
    func openstackPolicy(status: Int) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["rhel-common"], environment: ["YUM": "dnf"])
            try bench.fake("dnf", "exit \(status)")
            try bench.fake("install-packages")
            #expect(try bench.runInside("install.d/10-openstack-selinux-rhel").status == 0)
            #expect(bench.calls.contains("install-packages openstack-selinux") == (status == 0))
        }
    }

    @Test("EPEL is switched on by the distribution's own package", .requires(.root))
    func epel() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["epel"], environment: ["DISTRO_NAME": "fedora", "YUM": "dnf"])
            try bench.fake("dnf")
            try bench.fake("rpm", "exit 1")
            try bench.place(
                "[epel]\n#baseurl=https://download.example/pub/epel/9/Everything/$basearch/\nmetalink=m\nenabled=1\n",
                at: "/etc/yum.repos.d/epel.repo")
            let hook = "pre-install.d/05-rpm-epel-release"
            #expect(try bench.runInside(hook).output == "There is no EPEL for 'fedora'; nothing to do\n")
            #expect(bench.calls == [])
            bench.environment["DISTRO_NAME"] = "rocky"
            bench.environment["DIB_EPEL_MIRROR"] = "https://m.example.org/epel/"
            bench.environment["DIB_EPEL_DISABLED"] = "1"
            #expect(try bench.runInside(hook).status == 0)
            #expect(bench.calls == ["rpm --query --quiet epel-release", "dnf -y install epel-release"])
            #expect(
                try bench.rootText("/etc/yum.repos.d/epel.repo")
                    == "[epel]\nbaseurl=https://m.example.org/epel/9/Everything/$basearch/\nenabled=0\n")
        }
    }

    @Test("ELRepo's kernels are switched on by themselves", .requires(.root))
    func elrepo() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["elrepo"], environment: ["DISTRO_NAME": "debian", "DIB_ELREPO_KERNEL": "1"])
            try bench.fake("rpm")
            try bench.place(
                "[elrepo]\nenabled=0\n[elrepo-kernel]\nenabled=0\n[elrepo-extras]\nenabled=0\n",
                at: "/etc/yum.repos.d/elrepo.repo")
            #expect(try bench.runInside("pre-install.d/01-elrepo").status == 1)
            bench.environment["DISTRO_NAME"] = "almalinux"
            #expect(try bench.runInside("pre-install.d/01-elrepo").status == 0)
            #expect(
                try bench.rootText("/etc/yum.repos.d/elrepo.repo")
                    == "[elrepo]\nenabled=0\n[elrepo-kernel]\nenabled=1\n[elrepo-extras]\nenabled=0\n")
        }
    }

    @Test("links that switch stable names off are removed", .requires(.root))
    func stableNames() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["stable-interface-names"])
            let link = "/etc/udev/rules.d/80-net-name-slot.rules"
            try bench.place("", at: "/etc/udev/rules.d/other")
            try FileManager.default.createSymbolicLink(
                atPath: bench.rootPath(link).string, withDestinationPath: "/dev/null")
            #expect(try bench.runInside("install.d/02-stable-interface-names").status == 0)
            #expect(try runTool("/usr/bin/test", ["-L", bench.rootPath(link).string]).status == 1)
        }
    }

    @Test("FIPS is refused early where there is no tool for it", .requires(.root))
    func fips() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["fips"], environment: ["DISTRO_NAME": "ubuntu"])
            #expect(try bench.runOutside("root.d/00-fips-check").status == 1)
            bench.environment["DISTRO_NAME"] = "rocky"
            #expect(try bench.runOutside("root.d/00-fips-check").status == 0)
            try bench.fake("fips-mode-setup")
            #expect(try bench.runInside("pre-install.d/11-setup-fips").status == 0)
            #expect(bench.calls == ["fips-mode-setup --enable"])
        }
    }

    /// A disk of 10 GiB whose last 4 GiB belong to nobody, with a volume group of 4 MiB extents on it.
    private func makeVolumes(_ scratch: FilePath, thin: Bool = false) throws -> HookBench {
        let bench = try HookBench(scratch, elements: ["growvols"])
        try bench.fake(
            "findmnt", "case \"$*\" in *'--mountpoint /'*) echo /dev/mapper/vg-${!###*/} ;; *) echo /srv ;; esac")
        try bench.fake("blkid", "echo /dev/mapper/vg-label")
        try bench.fake(
            "lvs", "case \"$*\" in *vg_name=*) echo '\(thin ? "  pool" : "")' ;; *) echo '  vg' ;; esac")
        try bench.fake("vgs", "echo '  4194304'")
        try bench.fake("pvs", "echo '  /dev/vda3'")
        try bench.fake("lsblk", "echo vda")
        try bench.fake("blockdev", "echo 512")
        try bench.fake(
            "sgdisk",
            "case \"$1\" in --first*) echo 12582912 ;; --end*) echo 20971486 ;; --print) echo '   3  1  2  8E00' ;; esac"
        )
        return bench
    }

    @Test(
        "growvols gives volumes what they ask for, and the root the rest",
        arguments: [
            (
                ["/home=25%", "label=512MiB"], false,
                [
                    "lvextend --size +1069547520B /dev/mapper/vg-home", "xfs_growfs /home",
                    "lvextend --size +536870912B /dev/mapper/vg-label", "xfs_growfs /srv",
                    "lvextend --size +2680160256B /dev/mapper/vg-", "xfs_growfs /",
                ]
            ),
            (
                ["/var=100GiB"], true,
                [
                    "lvextend --poolmetadatasize +1G vg/pool", "lvextend --extents +100%FREE vg/pool",
                    "lvextend --size +3212836864B /dev/mapper/vg-var", "xfs_growfs /var",
                ]
            ),
        ])
    func growvols(_ row: (wishes: [String], thin: Bool, commands: [String])) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeVolumes(scratch, thin: row.thin)
            let result = try bench.runOutside("static/usr/local/sbin/growvols", ["--noop"] + row.wishes)
            #expect(result.status == 0, "\(result.output)")
            let commands = result.output.split(separator: "\n").map(String.init)
            #expect(
                commands.filter { $0.hasPrefix("sgdisk") } == [
                    "sgdisk --move-second-header /dev/vda",
                    "sgdisk --new=4:12582912:20971486 --typecode=4:8e00 --change-name=4:growvols /dev/vda",
                ])
            #expect(commands.contains("pvcreate -ff --yes /dev/vda4") && commands.contains("vgextend vg /dev/vda4"))
            #expect(commands.filter { $0.hasPrefix("lvextend") || $0.hasPrefix("xfs") } == row.commands)
            #expect(
                bench.calls.contains { $0.hasPrefix("sgdisk --new") } == false, "it was only asked what it would do")
        }
    }

    @Test("growvols refuses amounts without a unit, and tells of a disk without room")
    func growvolsRefusals() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeVolumes(scratch)
            let tool = "static/usr/local/sbin/growvols"
            #expect(try bench.runOutside(tool, ["--noop", "/home=5"]).status == 1)
            #expect(try bench.runOutside(tool, ["--noop", "home"]).status == 1)
            try bench.fake("sgdisk", "case \"$1\" in --first*) echo 2048 ;; --end*) echo 4096 ;; esac")
            #expect(try bench.runOutside(tool, ["--yes"]).status == 0)
            #expect(try bench.runOutside(tool, ["--yes", "--exit-on-no-grow"]).status == 2)
        }
    }

    @Test(
        "growvols runs at boot only if that is asked for", .requires(.root),
        arguments: [("manual", 0, []), ("systemd", 0, ["systemctl enable growvols.service"]), ("often", 1, [])])
    func growvolsTrigger(_ row: (trigger: String, status: Int32, calls: [String])) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["growvols"],
                environment: [
                    "DIB_GROWVOLS_TRIGGER": row.trigger, "DIB_GROWVOLS_ARGS": "/home=1GiB", "DIB_GROWVOLS_GROUP": "vg",
                    "DIB_GROWVOLS_DEVICE": "",
                ])
            try bench.fake("systemctl")
            #expect(try bench.runInside("post-install.d/80-growvols").status == row.status)
            #expect(bench.calls == row.calls)
            guard row.trigger == "systemd" else { return }
            #expect(
                try bench.rootText("/etc/default/growvols")
                    == "GROWVOLS_ARGS=\"/home=1GiB\"\nGROWVOLS_GROUP=\"vg\"\nGROWVOLS_DEVICE=\"\"\n")
        }
    }

    @Test("replace-partition takes the files of an image, and asks what it holds")
    func replacePartition() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["replace-partition"], environment: ["EFI_BOOT_DIR": "EFI/debian"])
            try write(
                "#!/bin/bash\necho \"extract $*\" >> \(scratch)/calls\n",
                to: bench.hooks.appending("bin/extract-image"), mode: 0o755)
            let hook = "root.d/10-local-image-extract"
            let image = scratch.appending("a.qcow2")
            #expect(try bench.runOutside(hook).output.hasPrefix("replace-partition: DIB_LOCAL_IMAGE is not set"))
            bench.environment["DIB_LOCAL_IMAGE"] = image.string
            #expect(try bench.runOutside(hook).output.hasPrefix("replace-partition: DIB_BLOCK_DEVICE is not set"))
            bench.environment["DIB_BLOCK_DEVICE"] = "efi"
            #expect(try bench.runOutside(hook).status == 1, "there is no such file")
            try write("", to: image)
            #expect(try bench.runOutside(hook).status == 0)
            #expect(bench.calls == ["extract a.qcow2 a.qcow2.tgz \(image) \(image)"])
        }
    }

    @Test(
        "replace-partition-redhat knows the loader's directory",
        arguments: [("rhel", "EFI/redhat efi systemd 9\n"), ("rocky", "EFI/rocky efi systemd 9\n")])
    func replacePartitionRedhat(_ row: (distribution: String, values: String)) async throws {
        let settings = Checkout.elements.appending(
            "replace-partition-redhat/environment.d/09-replace-partition-redhat.bash")
        let script = "set -eu; source \"$0\"; echo $EFI_BOOT_DIR $DIB_BLOCK_DEVICE $DIB_INIT_SYSTEM $DIB_RELEASE"
        let result = try runTool(
            "/bin/bash", ["-c", script, settings.string], environment: ["DISTRO_NAME": row.distribution])
        #expect(result.output == row.values)
    }

    @Test(
        "dracut makes the initial ramdisk with the modules and packages of the list, however it is written",
        .requires(.root),
        arguments: [
            (nil, ["install-packages cryptsetup lvm2"], "dracut --force --add crypt lvm"),
            (
                "- name: \"multipath\" # why\n  packages: [device-mapper-multipath, kpartx]",
                ["install-packages device-mapper-multipath kpartx"], "dracut --force --add multipath"
            ),
            ("- packages:\n  - a\n  - b\n  name: x\n- name: y", ["install-packages a b"], "dracut --force --add x y"),
        ])
    func dracut(_ row: (list: String?, installs: [String], command: String)) async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeDracut(scratch, row.list)
            let settings = bench.hooks.appending("environment.d/10-dracut-regenerate").string
            let list = try runTool(
                "/bin/bash", ["-euc", "source \"$0\"; echo \"$DIB_DRACUT_ENABLED_MODULES\"", settings],
                environment: bench.environment)
            bench.environment["DIB_DRACUT_ENABLED_MODULES"] = list.output
            let result = try bench.runInside("finalise.d/50-dracut-regenerate")
            #expect(result.status == 0, "\(result.output)")
            #expect(
                bench.calls == row.installs + [
                    "select-boot-kernel-initrd ", "\(row.command) --no-hostonly /boot/initramfs-5.14.0.img 5.14.0",
                ])
        }
    }

    @Test("a list of modules that is not one is refused; an empty one leaves the initial ramdisk", .requires(.root))
    func dracutRefusals() async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeDracut(scratch, "modules: none")
            let refused = try bench.runInside("finalise.d/50-dracut-regenerate")
            #expect(refused.status == 1 && refused.output.contains("'modules: none' of DIB_DRACUT_ENABLED_MODULES"))
            bench.environment["DIB_DRACUT_ENABLED_MODULES"] = "[]"
            #expect(try bench.runInside("finalise.d/50-dracut-regenerate").status == 0)
            #expect(bench.calls == [])
        }
    }

    private func makeDracut(_ scratch: FilePath, _ list: String?) throws -> HookBench {
        var bench = try HookBench(scratch, elements: ["dracut-regenerate"])
        bench.environment["DIB_DRACUT_ENABLED_MODULES"] = list
        for tool in ["install-packages", "dracut"] { try bench.fake(tool) }
        try bench.fake("select-boot-kernel-initrd", "echo vmlinuz-5.14.0:initramfs-5.14.0.img")
        return bench
    }
}
