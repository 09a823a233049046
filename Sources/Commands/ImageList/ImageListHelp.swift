/// The help text of `diskimage-builder`: how it is called, and every key of an image list.
enum ImageListHelp {
    static let usage = "usage: diskimage-builder [-h] [--dry-run] [--stop-on-failure] FILE [FILE ...]"

    static var text: String {
        let keys = ImageListKey.all.map { key in
            [key.name, String(repeating: "-", count: key.name.count), key.help, "(\(key.typeNote))", ""]
                .joined(separator: "\n")
        }
        return purpose + "\n" + keys.joined(separator: "\n")
    }

    private static let purpose = """
        \(usage)

        Builds the images that YAML files list, one after another. All files are read before the first build.
        Entries of one name are merged: lists grow, mappings are updated, other values replaced. An entry
        without a name continues the one before it.

        Options:
          -h, --help          this text
          --dry-run           print the commands, run none
          --stop-on-failure   end at the first image that fails; the others are built otherwise

        The exit status is that of the last build that failed, 1 for a list that cannot be used, 2 for a bad
        command line.

        Example:
          - imagename: web
            types: [qcow2, raw]
            environment: {DIB_RELEASE: trixie}
            elements: [debian-minimal, vm]

          diskimage-builder --dry-run images.yaml

        Keys of an image:

        """
}
