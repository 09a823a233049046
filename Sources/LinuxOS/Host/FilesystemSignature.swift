internal import CBlkid
internal import Glibc
package import SystemPackage

/// What is on a block device or in an image file, as libblkid and hence mount(8), udev and initrds see it.
///
/// Its safe probing is used: two signatures in one place are an error, not a guess.
package struct FilesystemSignature: Hashable, Sendable {
    /// `ext4`, `vfat` or `swap`, for example.
    package let type: String
    /// Nothing if it has none.
    package let label: String?
    package let uuid: String?

    package init(type: String, label: String? = nil, uuid: String? = nil) {
        self.type = type
        self.label = label
        self.uuid = uuid
    }

    /// Looks at `size` bytes from `offset` on, all the rest without a size; nil if nothing is recognised.
    package static func probe(
        _ path: FilePath, offset: UInt64 = 0, size: UInt64? = nil
    ) throws(SystemError) -> FilesystemSignature? {
        let attempt = "look for a filesystem on '\(path)'"
        let descriptor = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw SystemError(attempt, Errno(rawValue: errno)) }
        defer { close(descriptor) }
        guard let probe = blkid_new_probe() else { throw SystemError(attempt, .noMemory) }
        defer { blkid_free_probe(probe) }
        // A size of 0 is the rest of the device.
        guard blkid_probe_set_device(probe, descriptor, blkid_loff_t(offset), blkid_loff_t(size ?? 0)) == 0 else {
            throw SystemError(attempt, .invalidArgument)
        }
        blkid_probe_enable_superblocks(probe, 1)
        blkid_probe_set_superblocks_flags(
            probe, Int32(BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID))
        errno = 0
        switch blkid_do_safeprobe(probe) {
        case 0:
            guard let type = value("TYPE", of: probe) else { return nil }
            return FilesystemSignature(type: type, label: value("LABEL", of: probe), uuid: value("UUID", of: probe))
        case 1: return nil
        case -2: throw SystemError(attempt, because: "there are signatures of several")
        default: throw SystemError(attempt, errno == 0 ? .ioError : Errno(rawValue: errno))
        }
    }

    /// Values are texts with a zero at the end.
    private static func value(_ name: String, of probe: blkid_probe) -> String? {
        var text: UnsafePointer<CChar>?
        guard blkid_probe_lookup_value(probe, name, &text, nil) == 0, let text else { return nil }
        return String(cString: text)
    }
}
