/// What starts the machine.
package enum Firmware: String, Sendable, Equatable, Codable, CaseIterable {
    /// SeaBIOS.
    case bios
    /// OVMF without Secure Boot.
    case uefi
    /// OVMF that enforces Secure Boot, with Microsoft's keys enrolled, its variables guarded by system management mode.
    case secureBoot = "secure-boot"
}

/// What a guest finds out about the firmware that started it, and what it has to find out.
///
/// The guest takes part of its proof from here, so an image that came up another way than was asked for cannot pass.
package struct FirmwareEvidence: Sendable, Equatable {
    package let firmware: Firmware
    /// The number of the boot entry that this run put into the firmware's variables; nil if there is none.
    package let bootEntry: UInt16?

    package init(_ firmware: Firmware, bootEntry: UInt16? = nil) {
        self.firmware = firmware
        self.bootEntry = bootEntry
    }

    /// The same words as `script` leaves in `$f`; a variable is printed byte by byte.
    package var text: String {
        guard let bootEntry else { return firmware.rawValue }
        let bytes = [bootEntry & 0xFF, bootEntry >> 8].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "\(firmware.rawValue) entry \(bytes.joined())"
    }

    /// Shell text that sets `f`: EFI's folder in sysfs, then the variables SecureBoot and BootCurrent (UEFI 2.10, 3.3).
    ///
    /// A variable's file begins with four bytes of attributes. `efivarfs` may be a module: mounting loads it.
    var script: String {
        let entry = bootEntry == nil ? "" : "f=\"$f entry $(v BootCurrent)\"\n"
        return """
            m(){ mountpoint -q $2||mount -t $1 $1 $2;}
            m sysfs /sys
            f=bios
            if [ -d /sys/firmware/efi ];then
            f=uefi e=/sys/firmware/efi/efivars
            m efivarfs $e
            v(){ od -An -tx1 -j4 $e/$1-8be4df61-93ca-11d2-aa0d-00e098032b8c|tr -d ' \\n';}
            [ "$(v SecureBoot)" = 01 ]&&f=secure-boot
            \(entry)fi

            """
    }
}
