/// The kernel arguments that make a guest run a script in place of its init, and talk on the serial port.
///
/// Everything after `--` is handed to init by the kernel and by the usual initramfs. The script is passed in base64: neither
/// GRUB, nor the kernel's quoting, nor an initramfs that splits `/proc/cmdline` into words finds anything in it to interpret,
/// and an echo of the command line shows nothing of what the guest has to print.
package struct KernelArguments: Sendable, Equatable {
    /// The end of the kernel's buffer on x86 (COMMAND_LINE_SIZE), with room for what GRUB puts in front.
    package static let limit = 2048

    package let script: GuestScript

    package init(script: GuestScript) { self.script = script }

    /// `console=` comes last of its kind, which makes it `/dev/console`.
    package var text: String {
        let run = "mountpoint -q /run||mount -t tmpfs run /run;echo \(script.base64)|base64 -d>\(GuestScript.path);"
        return #"console=ttyS0,115200 init=/bin/sh -- -c "\#(run). \#(GuestScript.path)""#
    }

    /// An image's own arguments followed by these, without those that would hide or overrule them.
    package func appended(to arguments: Substring) throws(BootTestError) -> String {
        let words = arguments.split(separator: " ").prefix { $0 != "--" }
            .filter { !["quiet", "splash"].contains($0) && !$0.hasPrefix("init=") }
        let all = (words.map(String.init) + [text]).joined(separator: " ")
        guard all.utf8.count < Self.limit else {
            throw BootTestError(
                .unsuitableImage, "pass the boot test to the kernel",
                "with the image's own arguments they are \(all.utf8.count) bytes, and a kernel takes \(Self.limit)")
        }
        return all
    }
}
