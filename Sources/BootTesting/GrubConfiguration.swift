/// A grub.cfg as text, changed for one boot.
package struct GrubConfiguration: Sendable, Equatable {
    package let text: String

    /// Where distributions keep it on the file system that holds it, `/boot` being one of its own or not.
    package static let paths = ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg", "/grub2/grub.cfg"]

    package init(text: String) { self.text = text }

    private static func kernelLine(_ line: Substring) -> [Substring]? {
        let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        return words.count >= 2 && ["linux", "linux16", "linuxefi"].contains(words[0]) ? words : nil
    }

    /// Whether it has anything to boot; a stub that only leads to another file has not.
    package var startsKernels: Bool { text.split(separator: "\n").contains { Self.kernelLine($0) != nil } }

    /// The same menu without delay, each entry's kernel with these arguments.
    package func booting(with arguments: KernelArguments) throws(BootTestError) -> GrubConfiguration {
        var changed = 0
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indentation = line.prefix(while: \.isWhitespace)
            let words = line.dropFirst(indentation.count).split(maxSplits: 2, whereSeparator: \.isWhitespace)
            if let kernel = Self.kernelLine(line) {
                let own = kernel.count == 3 ? kernel[2] : ""
                lines.append("\(indentation)\(kernel[0]) \(kernel[1]) \(try arguments.appended(to: own))")
                changed += 1
            } else if words.first == "set", words.count >= 2, words[1].hasPrefix("timeout=") {
                lines.append("\(indentation)set timeout=0")
            } else {
                lines.append(String(line))
            }
        }
        guard changed > 0 else {
            throw BootTestError(
                .unsuitableImage, "pass the boot test to the kernel", "grub.cfg has no 'linux' line",
                hint: "use --seed if the image has cloud-init")
        }
        return GrubConfiguration(text: lines.joined(separator: "\n"))
    }
}
