import ImagePlanning

/// The help texts of the image builders; the two upstream variants differ as upstream's do (compat-core 1.2).
enum DiskImageHelp {
    static func text(program: String, mode: BuildRequest.Mode, onlyPlans: Bool = false, onlyLocks: Bool = false)
        -> String
    {
        var lines = [
            "Usage: \(program) [OPTION]... [ELEMENT]...", "",
            onlyPlans ? planPurpose : onlyLocks ? lockPurpose : purpose(mode), "", "Options:",
        ]
        lines += table(options(mode)) + ["", "Ingot's additions:"] + table(additions)
        if mode == .native { lines += ["", "Several images:"] + table(ImageSetOptions.help) }
        lines += ["", "Formats:"] + table(formats)
        lines += ["", "Elements are looked up in ELEMENTS_PATH (colon-separated), then among Ingot's own.", ""]
        let examples = onlyPlans ? planExamples(program) : onlyLocks ? lockExamples(program) : examples(program, mode)
        lines += ["Examples:"] + examples.map { "    " + $0 }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let planPurpose = """
        Says what a build would do, and does nothing: elements with the reason each is there, hooks in order, variables,
        disk, outputs, and whether this host can do it (exit status 1 if not). Takes the options of 'ingot build'.
        """

    private static let lockPurpose = """
        Runs a build, keeps everything that it fetches, and writes what that was to NAME.lock.json: 'ingot build --locked'
        takes it from there. Writes no image but those that -t asks for. Takes the options of 'ingot build'.
        """

    private static func lockExamples(_ program: String) -> [String] {
        [
            "\(program) -o debian debian-minimal vm          write debian.lock.json",
            "ingot build --locked debian.lock.json -o debian debian-minimal vm",
            "ingot build --locked debian.lock.json --offline -o debian debian-minimal vm",
        ]
    }

    private static func planExamples(_ program: String) -> [String] {
        [
            "\(program) debian-minimal vm",
            "\(program) -x debian-minimal vm              every variable and host check",
            "\(program) --check-mirror debian-minimal vm  ask the mirror for an answer, too",
            "\(program) --json -a arm64 debian-minimal vm | jq .disk",
        ]
    }

    private static func purpose(_ mode: BuildRequest.Mode) -> String {
        mode == .ramdisk
            ? "Builds a kernel and initial ramdisk (NAME.kernel, NAME.initramfs) out of elements."
            : "Builds a disk image out of elements: a root tree made by their hooks, on a partitioned disk, in the formats asked for."
    }

    private static func options(_ mode: BuildRequest.Mode) -> [(String, String)] {
        let rows: [(String, String)] = [
            ("-a ARCH", "architecture: amd64, armhf or arm64 (default: this machine's)"),
            ("-o NAME", "name of the output files, without suffix (default: image)"),
            ("-t LIST", "output formats, comma separated (default: qcow2); see below"),
            ("-x", "trace; twice for more"),
            ("-u", "do not compress qcow2"),
            ("-c", "clear the environment before building"),
            ("-n", "leave out the 'base' element"),
            ("-p LIST", "packages to install, comma separated; may be repeated"),
            ("-h, --help", "this text"),
            ("--version", "print the version"),
            ("--checksum", "write NAME.TYPE.md5 and NAME.TYPE.sha256"),
            ("--image-size GB", "size of the disk in GiB, fractions allowed (default: measured)"),
            ("--image-extra-size MB", "free space in MiB instead of two fifths (exact sizing: of --free)"),
            ("--image-cache DIR", "cache of downloads (default: ~/.cache/image-create)"),
            ("--max-online-resize BLOCKS", "let ext4 grow online up to this many blocks"),
            ("--mkfs-journal-size MB", "ext4 journal (default: 64, less on tiny disks)"),
            ("--mkfs-options STRING", "more options for mkfs of the root file system"),
            ("--min-tmpfs GB", "build on tmpfs only if twice this much memory is there (default: 2)"),
            ("--no-tmpfs", "build on disk, in TMPDIR, TMP_DIR or /tmp"),
            ("--offline", "tell elements not to use the network"),
            ("--qemu-img-options LIST", "options of the disk formats, as qemu-img has them (k=v,...)"),
            ("--root-label LABEL", "label of the root file system (default: cloudimg-rootfs)"),
            ("--ramdisk-element NAME", "main element of a ramdisk (default: ramdisk)"),
            ("--install-type TYPE", "source or package, for elements that know both (default: source)"),
            ("--docker-target NAME", "REPOSITORY:TAG for -t docker, and the name inside -t oci"),
            ("--logfile FILE", "append the log to FILE instead of showing it"),
        ]
        return mode == .ramdisk ? rows.filter { !["-n", "-p LIST"].contains($0.0) } : rows
    }

    private static let additions: [(String, String)] = [
        ("--dry-run", "check everything, print the plan, build nothing"),
        ("--check-mirror", "with the host checks, ask the mirror of the build whether it answers"),
        ("--json", "events (or, with --dry-run, the plan) as JSON"),
        ("--plain", "plain log lines even on a terminal"),
        ("--sizing MODE", "exact: the smallest disk for the tree; compatible: diskimage-builder's rule (INGOT_SIZING)"),
        ("--free SIZE|PERCENT", "room to leave in the root file system; implies exact sizing (INGOT_FREE_SPACE)"),
        (
            "--backend WHICH",
            "file: no loop device, no mount; loop; auto: file where it can (INGOT_BACKEND); docs/backends.md"
        ),
        ("--cache, --no-cache", "reuse and keep layers, or do neither (INGOT_CACHE=1, 0); docs/cache.md"),
        ("--refresh", "reuse no layer, but keep those of this build"),
        ("--new-image", "make the disk anew even if nothing has changed: other identifiers, same contents"),
        ("--cache-dir DIR", "where layers are (default: ~/.cache/ingot/layers; INGOT_CACHE_DIR)"),
        ("--cache-ttl TIME", "reuse layers with undeclared inputs for that long, as 12h (INGOT_CACHE_TTL)"),
        ("--explain", "with the plan, name what has changed since the last build; asks mirrors and repositories"),
        ("--lock FILE", "keep what is fetched, and write what it was to FILE; docs/lock.md"),
        ("--locked FILE", "fetch only what FILE says; with --offline, nothing: all comes from the store (INGOT_STORE)"),
        ("--sbom LIST", "write bills of materials: spdx, cyclonedx (INGOT_SBOM); docs/sbom.md"),
        ("--provenance", "write what the image was made of, as SLSA provenance (INGOT_PROVENANCE=1)"),
        ("--no-fast-sync", "let hooks' fsync calls reach the disk"),
    ]

    private static let formats: [(String, String)] = [
        ("qcow2, raw, vhd, vpc", "the disk, by our own writers (docs/formats.md)"),
        ("vmdk, vdi, vhdx", "the same"),
        ("qcow, qed, parallels", "the same by qemu-img"),
        ("tar, tgz, tar.zst", "the tree as an archive, with extended attributes and ACLs"),
        ("squashfs, erofs", "the tree as a read-only file system (NAME.squash, NAME.erofs)"),
        ("initramfs", "the tree as a compressed cpio archive"),
        ("oci", "an OCI image layout in a tar file, for podman and skopeo (DIB_OCI_*)"),
        ("docker", "the tree imported into the Docker daemon of this host"),
        ("aci", "an App Container image with the manifest of ACI_MANIFEST"),
    ]

    private static func examples(_ program: String, _ mode: BuildRequest.Mode) -> [String] {
        switch mode {
        case .ramdisk: ["\(program) -o deploy debian deploy-baremetal"]
        case .disk, .native:
            (mode == .native ? ["\(program) -f images.yaml -j 2"] : []) + [
                "\(program) -o debian debian-minimal vm",
                "ELEMENTS_PATH=~/elements \(program) -a amd64 -o node -t qcow2,raw debian-minimal vm my-element",
                "\(program) --image-size 10 -p htop,tmux -o tools debian-minimal vm cloud-init",
            ]
        }
    }

    private static func table(_ rows: [(String, String)]) -> [String] {
        rows.map { "    " + $0.0.padding(to: 28) + $0.1 }
    }
}

extension String {
    /// Filled with blanks on the right; at least one follows.
    func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
