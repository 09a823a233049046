import Basics
import BlockDevices
import Testing

/// squashfs and erofs: written once, from the finished tree, and never to again.
@Suite struct ReadOnlyFilesystemTests {
    private static func document(_ label: String, opt: String = "20MiB", options: String = "") -> String {
        """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: \(label)
            \(label == "gpt" ? "uuid: 11111111-1111-4111-8111-111111111111" : "uuid: 0xabcd0123")
            partitions:
              - name: opt
                size: \(opt)
                mkfs: {type: squashfs, \(options) mount: {mount_point: /opt, fstab: {options: "defaults,noatime"}}}
              - name: srv
                size: 20MiB
                mkfs: {type: erofs, \(options) mount: {mount_point: /srv, fstab: {source: uuid}}}
              - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /, fstab: {}}}}
        """
    }

    private static var parameters: BlockDeviceParameters {
        var parameters = buildParameters
        parameters.backend = .file
        return parameters
    }

    private func layout(_ yaml: String, timestamp: UInt64? = nil) throws -> BlockDeviceLayout {
        var generator = SeededGenerator(seed: 1)
        return try BlockDeviceLayout(graph(yaml, Self.parameters), timestamp: timestamp, using: &generator)
    }

    @Test("fstab finds squashfs by its partition, erofs as the document says, and mounts both read only")
    func fstab() throws {
        let gpt = try layout(Self.document("gpt"))
        let identifier = try #require(gpt.mainImage?.table?.entries.first?.identifier)
        let erofs = try #require(gpt.filesystems.first { $0.type.name == "erofs" })
        #expect(
            gpt.fstab == """
                LABEL=cloudimg-rootfs / ext4 defaults 0 2
                PARTUUID=\(identifier) /opt squashfs ro,noatime 0 0
                UUID=\(erofs.uuid) /srv erofs ro 0 0

                """)
        let mbr = try layout(Self.document("mbr"))
        #expect(mbr.fstab.contains("PARTUUID=abcd0123-05 /opt squashfs ro,noatime 0 0\n"))
        #expect(mbr.hookText.contains("opt image0 2097152 20971520 squashfs - - /opt\n"))
    }

    @Test("the programs get the user's words, and ours where there are none")
    func commands() throws {
        let plain = try layout(Self.document("gpt"), timestamp: 7).filesystems.filter { $0.type.isReadOnly }
        #expect(plain.map(\.command.program) == ["mksquashfs", "mkfs.erofs"])
        #expect(plain[0].command.arguments == ["-comp", "xz"])
        #expect(plain[1].command.arguments == ["-zlz4hc", "-U", plain[1].uuid])
        #expect(plain.map { $0.command.environment["SOURCE_DATE_EPOCH"] } == ["7", "7"])
        let own = try layout(Self.document("gpt", options: "opts: '-a 1',")).filesystems
        #expect(own[0].command.arguments == ["-a", "1"])
        #expect(own[1].command.arguments == ["-a", "1", "-U", own[1].uuid])
        #expect(
            try graph(Self.document("gpt"), Self.parameters).requiredTools
                == ["mkfs", "mkfs.erofs", "mkfs.ext4", "mksquashfs"])
    }

    @Test("a squashfs has no label, and what has one is not what was planned")
    func verification() throws {
        let plans = try layout(Self.document("gpt")).filesystems
        #expect(plans[0].mismatch(type: "squashfs", label: nil, uuid: nil) == nil)
        #expect(plans[0].mismatch(type: "ext4", label: nil, uuid: nil) != nil)
        #expect(plans[1].mismatch(type: "erofs", label: "mkfs_srv", uuid: plans[1].uuid) == nil)
        #expect(plans[1].mismatch(type: "erofs", label: nil, uuid: plans[1].uuid) != nil)
    }

    @Test("what cannot be is refused with the place")
    func refusals() throws {
        #expect(
            try layoutError(Self.document("gpt"))
                == "'mkfs_opt' is squashfs, which is written from the finished tree, without devices: 'ingot build' does that (--backend file)"
        )
        let unmounted = tableDocument(partitions: "[{name: a, size: 8MiB, mkfs: {type: erofs}}]")
        #expect(
            try graphError(unmounted)?.message
                == "'mkfs_a' is erofs, which is written from a part of the tree: give it a mount")
        let whole = """
            - local_loop: {name: image0}
            - mkfs: {name: fs, base: image0, type: squashfs, mount: {mount_point: /, fstab: {}}}
            """
        #expect(
            try graphError(whole)?.message
                == "fstab cannot name 'fs': squashfs has no label and no UUID, and 'image0' is no partition")
        #expect(try graphError(whole.replacing(", fstab: {}", with: "")) == nil)
        let long = tableDocument(
            partitions:
                "[{name: a, size: 8MiB, mkfs: {type: erofs, label: sixteen-letters-, mount: {mount_point: /}}}]")
        #expect(try graphError(long)?.message.hasSuffix("too long for filesystem [erofs]: 16 > 15") == true)
    }

    /// Of 300 MB that may shrink to anything.
    private func sizer(_ yaml: String) throws -> DiskSizer {
        let directory = TreeSurvey.Directory(
            path: "/opt", names: [Array("file".utf8)], files: [TreeSurvey.File(size: 300_000_000)])
        return try DiskSizer(
            configuration: BlockDeviceConfiguration(yaml: yaml), parameters: Self.parameters,
            survey: TreeSurvey(directories: [.init(path: "/", names: [Array("opt".utf8)]), directory]),
            free: .standard, rule: .exact(journal: 4), generator: SeededGenerator(seed: 1)
        ) { format in "-N \(format.inodes ?? 0) -J size=\(format.journal ?? 0)" }
    }

    @Test("a size that is stated is tried, one that is not holds all there is")
    func sizes() throws {
        let stated = try #require(try sizer(Self.document("gpt")).smallest())
        #expect(stated.image < .mebibytes(200) && stated.short.isEmpty && stated.impossible.isEmpty)
        let half = try #require(try sizer(Self.document("gpt", opt: "50%")).smallest())
        let opt = try #require(half.filesystems.first { $0.mountPoint == "/opt" })
        #expect(opt.size.bytes >= 300_000_000 && opt.capacity.holds(opt.demand, free: 0))
        #expect(half.image < .mebibytes(800))
        // The user's size of the disk is tried as well.
        let small = try sizer(Self.document("gpt", opt: "50%")).fit(at: .mebibytes(300))
        #expect(small.short.isEmpty && !small.holds)
    }
}
