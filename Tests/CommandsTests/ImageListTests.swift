import Testing

@testable import Commands

/// The YAML lists of `diskimage-builder`: what is accepted, how entries merge, what becomes of them.
@Suite struct ImageListTests {
    private func lines(_ texts: String...) throws -> [String] {
        let entries = try texts.flatMap { try ImageListEntry.parse($0, file: "images.yaml") }
        return ImageListEntry.merged(entries).map(\.shellLine)
    }

    @Test func everyKeyBecomesItsOptionInTheOrderOfTheTable() throws {
        let all = """
            - elements: [debian-minimal, vm]
              skip-base: yes
              packages: [vim, less]
              docker-target: a/b
              install-type: source
              ramdisk-element: dracut-ramdisk
              root-label: r
              qemu-img-options: {compat: "0.10", cluster_size: 64k}
              offline: on
              no-tmpfs: True
              mkfs-options: -i 16384
              mkfs-journal-size: 5
              min-tmpfs: 4
              max-online-resize: 0x10
              image-cache: /c
              image-extra-size: 1_000
              image-size: 010
              checksum: true
              logfile: l
              clear: yes
              uncompressed: yes
              debug-trace: 2
              environment: {B: two words, A: "1"}
              types: [qcow2, raw]
              arch: arm64
              imagename: web
            """
        #expect(
            try lines(all) == [
                "B='two words' A=1 disk-image-create -o web -a arm64 -t qcow2,raw -x -x -u -c --logfile l --checksum "
                    + "--image-size 8 --image-extra-size 1000 --image-cache /c --max-online-resize 16 --min-tmpfs 4 "
                    + "--mkfs-journal-size 5 --mkfs-options '-i 16384' --no-tmpfs --offline "
                    + "--qemu-img-options compat=0.10,cluster_size=64k --root-label r "
                    + "--ramdisk-element dracut-ramdisk --install-type source --docker-target a/b -p vim,less -n "
                    + "debian-minimal vm"
            ])
    }

    @Test func emptyAndFalseValuesEmitNothing() throws {
        #expect(
            try lines("- {imagename: '', types: [], packages: [], checksum: no, debug-trace: 0, logfile: ''}")
                == ["disk-image-create"])
    }

    @Test func entriesOfOneNameMergeAcrossFiles() throws {
        let first = """
            - imagename: a
              elements: [vm]
              environment: {X: "1", Y: "2"}
              image-size: 3
            - imagename: b
              ramdisk: yes
            - elements: [ramdisk]
            """
        let second = """
            - imagename: a
              elements: [debian]
              environment: {X: "9", Z: "3"}
              image-size: 5
            """
        #expect(
            try lines(first, second) == [
                "X=9 Y=2 Z=3 disk-image-create -o a --image-size 5 vm debian", "ramdisk-image-create -o b ramdisk",
            ])
    }

    @Test func entriesBeforeTheFirstNameAreOneImageWithoutAName() throws {
        #expect(
            try lines("- elements: [a]\n- elements: [b]\n- imagename: image\n  elements: [c]")
                == ["disk-image-create -o image a b c"])
    }

    @Test(
        "a fault is one line with file, place and what is wanted",
        arguments: [
            ("imagename: a", "'f', the top level: a list of images is wanted (lines that begin with '- ')"),
            ("- a", "'f', [0], line 1: an image is a mapping, such as 'imagename: web'"),
            ("- imagename: a\n  image: b", "'f', [0].image, line 2: 'image' is not a key of an image; see --help"),
            ("- image-size: 0", "'f', [0].image-size, line 1: 'image-size' must be a number, 1 or more"),
            ("- image-size: '5'", "'f', [0].image-size, line 1: 'image-size' must be a number, 1 or more"),
            ("- debug-trace: 3", "'f', [0].debug-trace, line 1: 'debug-trace' must be a number from 0 to 2"),
            ("- debug-trace: yes", "'f', [0].debug-trace, line 1: 'debug-trace' must be a number from 0 to 2"),
            ("- ramdisk: 1", "'f', [0].ramdisk, line 1: 'ramdisk' must be yes or no"),
            ("- imagename: 12", "'f', [0].imagename, line 1: 'imagename' must be text"),
            ("- elements: vm", "'f', [0].elements, line 1: 'elements' must be a list of texts"),
            (
                "- environment: {A: 1}",
                "'f', [0].environment, line 1: 'environment' must be a mapping of names to texts"
            ),
            (
                "- types: [png]",
                "'f', [0].types, line 1: 'types' must be a list of formats: qcow2, raw, tar, and all "
                    + "others that -t takes"
            ), ("- install-type: rpm", "'f', [0].install-type, line 1: 'install-type' must be one of source, package"),
            ("- a: b: c", "cannot parse image list 'f': mapping values are not allowed in this context in line 1"),
            ("", "image list 'f' is empty"),
        ])
    func faults(text: String, message: String) {
        #expect(throws: ImageListError(message)) { try ImageListEntry.parse(text, file: "f") }
    }

    @Test func theHelpNamesEveryKeyWithItsType() {
        for key in ImageListKey.all {
            let rule = String(repeating: "-", count: key.name.count)
            #expect(ImageListHelp.text.contains("\n\(key.name)\n\(rule)\n\(key.help)\n(\(key.typeNote))\n"))
        }
    }
}
