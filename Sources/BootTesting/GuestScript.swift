import Foundation

/// The shell text that the guest runs to give its proof.
///
/// Plain `sh`, and tools that every root file system has.
package struct GuestScript: Sendable, Equatable {
    package let text: String

    /// Where the kernel's arguments leave the script; `/run` is writable in an initramfs' wake, and gone at power-off.
    static let path = "/run/ingot-boot"

    /// Prints the proof once a second until QEMU is stopped: a kernel message in the middle of one line does no harm.
    private static func answer(_ proof: BootProof) -> String {
        let label = proof.line.split(separator: " ").dropLast().joined(separator: " ")
        return proof.evidence.script + """
            t=$(cat \(BootProof.tokenPath) 2>/dev/null)
            p=$(printf '%s %s %s' \(proof.nonce) "$t" "$f" | sha256sum)
            while :; do echo; echo "\(BootProof.firmwareMark) <$f>"; echo "\(label) ${p%% *}"; sleep 1; done

            """
    }

    /// For level `root`: runs as the first process in place of init.
    static func shell(_ proof: BootProof) -> GuestScript {
        GuestScript(
            text: """
                export PATH=/usr/sbin:/usr/bin:/sbin:/bin
                echo \(BootProof.initMark)

                """ + answer(proof))
    }

    /// For level `system`: judges systemd from within, when it has started everything.
    ///
    /// A simple service counts as started at once, so that waiting for the end of all jobs does not wait for itself.
    private static func judge(_ proof: BootProof) -> String {
        """
        s=$(systemctl is-system-running --wait)
        if [ "$s" != running ]; then
        f=$(systemctl --failed --no-legend --plain | cut -d' ' -f1 | tr '\\n' ' ')
        while :; do echo; echo "\(BootProof.stateMark) $s: $f"; sleep 1; done
        fi

        """ + answer(proof)
    }

    /// For level `system`: leaves a unit that lasts for this boot only, and becomes the image's own init.
    static func system(_ proof: BootProof) -> GuestScript {
        GuestScript(
            text: """
                export PATH=/usr/sbin:/usr/bin:/sbin:/bin
                echo \(BootProof.initMark)
                cat >\(path)-judge <<'E'
                \(judge(proof))E
                d=/run/systemd/system
                mkdir -p $d/multi-user.target.wants
                cat >$d/ingot-boot.service <<'E'
                [Unit]
                After=multi-user.target
                [Service]
                ExecStart=/bin/sh \(path)-judge
                StandardOutput=tty
                E
                ln -s ../ingot-boot.service $d/multi-user.target.wants
                exec /sbin/init

                """)
    }

    /// For a NoCloud seed: a user-data script.
    ///
    /// The image's console may be elsewhere, so it writes to the port itself.
    static func seed(_ proof: BootProof, level: BootTestRequest.Level) -> GuestScript {
        let answer = level == .root ? Self.answer(proof) : judge(proof)
        return GuestScript(
            text: """
                #!/bin/sh
                export PATH=/usr/sbin:/usr/bin:/sbin:/bin
                cat >\(path)-judge <<'E'
                exec >/dev/ttyS0
                \(answer)E
                systemd-run --no-block /bin/sh \(path)-judge

                """)
    }

    /// Without `=` at the end: the text is padded to whole groups, so that the kernel does not see an assignment.
    var base64: String {
        let bytes = Array(text.utf8)
        return Data(bytes + [UInt8](repeating: 10, count: (3 - bytes.count % 3) % 3)).base64EncodedString()
    }
}
