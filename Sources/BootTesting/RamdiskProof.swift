import SystemPackage

/// The question that is put to an initial ramdisk, and the answer that only a guest which runs it can compute.
///
/// A ramdisk need not have a program that makes digests, hence arithmetic that every shell has: 64-bit words that wrap.
/// Half of the numbers are in a file of the ramdisk's tree, half in the script; the script becomes the ramdisk's own
/// `/init`, and answers when that has mounted `/proc`.
package struct RamdiskProof: Sendable, Equatable {
    /// Numbers below 65536, in the script.
    let nonce: [UInt16]
    /// More of them, in a file beside it.
    let token: [UInt16]

    static let scriptPath = ".ingot-boot-init"
    static let tokenPath = ".ingot-boot-token"

    package init(using generator: inout some RandomNumberGenerator) {
        nonce = (0..<8).map { _ in .random(in: 0 ... .max, using: &generator) }
        token = (0..<8).map { _ in .random(in: 0 ... .max, using: &generator) }
    }

    /// The number that the guest has to print.
    var answer: Int64 { (nonce + token).reduce(0) { $0 &* 31 &+ Int64($1) } }

    /// What the guest runs as its first process.
    var script: String {
        """
        #!/bin/sh
        PATH=/usr/sbin:/usr/bin:/sbin:/bin
        export PATH
        echo \(BootProof.initMark)
        read -r token < /\(Self.tokenPath)
        (
            answer=0
            for number in \(Self.text(nonce)) $token; do answer=$((answer * 31 + number)); done
            while :; do
                if [ -e /proc/1/stat ]; then echo; echo "\(BootProof.mark) ramdisk $answer"; fi
                sleep 1
            done
        ) &
        exec /init "$@"

        """
    }

    /// The archive that is put behind the ramdisk: the kernel unpacks one after the other.
    var archive: [UInt8] {
        CpioArchive.bytes(of: [
            (Self.scriptPath, 0o100755, Array(script.utf8)),
            (Self.tokenPath, 0o100644, Array((Self.text(token) + "\n").utf8)),
        ])
    }

    /// `rdinit=` names the program in place of /init.
    func arguments(before own: String?) -> String {
        [own, "console=ttyS0,115200 rdinit=/\(Self.scriptPath)"].compactMap { $0 }.joined(separator: " ")
    }

    private static func text(_ numbers: [UInt16]) -> String { numbers.map { String($0) }.joined(separator: " ") }
}
