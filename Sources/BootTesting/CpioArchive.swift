/// A cpio archive in the format `newc`, as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst).
enum CpioArchive {
    /// Files in the order given: name, mode with the file type, contents.
    static func bytes(of files: [(name: String, mode: UInt32, contents: [UInt8])]) -> [UInt8] {
        let entries = files.enumerated().flatMap { entry($1.name, $1.mode, $1.contents, inode: $0 + 1) }
        return entries + entry("TRAILER!!!", 0, [], inode: 0)
    }

    /// Thirteen numbers of eight hexadecimal digits, the name with its zero byte, the contents; each padded to four bytes.
    private static func entry(_ name: String, _ mode: UInt32, _ contents: [UInt8], inode: Int) -> [UInt8] {
        let numbers = [inode, Int(mode), 0, 0, 1, 0, contents.count, 0, 0, 0, 0, name.utf8.count + 1, 0]
        let digits = numbers.map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }
        let head = Array(("070701" + digits.joined() + name).utf8) + [0]
        return padded(head) + padded(contents)
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }
}
