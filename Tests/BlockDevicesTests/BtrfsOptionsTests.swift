import BlockDevices
import Testing

@Suite struct BtrfsOptionsTests {
    @Test(
        "options of mkfs.btrfs that our own writer keeps to, and those it does not",
        arguments: [
            ("", []), ("-m single -d dup -f", []), ("-msingle --data=single -n 4096 --nodesize=16k", []),
            ("--csum sha256 -O ^no-holes,extref -R free-space-tree", []), ("-M", ["-M"]), ("--mixed -q", ["--mixed"]),
            ("-m raid1", ["-m raid1"]), ("--csum=xxhash", ["--csum xxhash"]), ("--csum blake2", ["--csum blake2"]),
            ("-O zoned,no-holes,block-group-tree", ["-O zoned", "-O block-group-tree"]), ("-R quota", ["-R quota"]),
            ("--rootdir /x", ["--rootdir", "/x"]), ("-m", ["-m"]),
        ])
    func unwritable(options: String, expected: [String]) {
        #expect(BtrfsOptions.unwritable(in: options.split(separator: " ").map(String.init)) == expected)
    }
}
