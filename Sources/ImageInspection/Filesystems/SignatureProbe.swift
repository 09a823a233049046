import CBlkid
import DiskFormats
import Glibc
import SystemPackage

/// What libblkid recognises in a window of a disk: a file system, a swap area, a volume of LVM, LUKS or RAID.
struct ProbedSignature: Hashable, Sendable {
    /// libblkid's word, which is also mount's: `ext4`, `vfat`, `LVM2_member`.
    let type: String
    /// `filesystem`, `raid`, `crypto` or `other`.
    let usage: String
    let version: String?
    let label: String?
    let identifier: String?
}

/// Asks libblkid without a device, a mount or a file on the disk.
///
/// libblkid wants a file descriptor. It is given a file in memory as long as the window, into which only those parts are
/// copied that signatures lie in; the rest is a hole and takes no memory.
enum SignatureProbe {
    /// Nil if there is nothing that libblkid knows, or several things at once.
    static func probe(_ window: DiskWindow) throws -> ProbedSignature? {
        // libblkid counts in signed numbers, and nothing it knows is smaller.
        guard (1024...UInt64(Int64.max)).contains(window.size) else { return nil }
        let file = try MemoryFile(size: window.size)
        for range in try ProbeWindows.ranges(of: window).flatMap({ try window.data(in: $0) }) {
            try file.write(
                window.read(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound)), at: range.lowerBound
            )
        }
        guard let probe = blkid_new_probe() else { throw Self.refusal }
        defer { blkid_free_probe(probe) }
        guard blkid_probe_set_device(probe, file.descriptor, 0, Int64(window.size)) == 0,
            blkid_probe_enable_superblocks(probe, 1) == 0,
            blkid_probe_set_superblocks_flags(
                probe,
                BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_VERSION | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID)
                == 0
        else { throw Self.refusal }
        guard blkid_do_safeprobe(probe) == 0, let type = value("TYPE", probe) else { return nil }
        return ProbedSignature(
            type: type, usage: value("USAGE", probe) ?? "other", version: value("VERSION", probe),
            label: value("LABEL", probe), identifier: value("UUID", probe))
    }

    private static func value(_ name: String, _ probe: blkid_probe) -> String? {
        var data: UnsafePointer<CChar>?
        guard blkid_probe_lookup_value(probe, name, &data, nil) == 0, let data else { return nil }
        let text = String(cString: data)
        return text.isEmpty ? nil : text
    }

    private static var refusal: ImageInspectionError {
        ImageInspectionError(.system, "probe for file systems", "libblkid refused")
    }
}

/// A file that exists in memory only: memfd_create(2).
private final class MemoryFile {
    let descriptor: Int32
    /// `MFD_CLOEXEC` of `<linux/memfd.h>`.
    private static let closeOnExec: UInt32 = 1

    init(size: UInt64) throws {
        descriptor = memfd_create("ingot-probe", Self.closeOnExec)
        guard descriptor >= 0, ftruncate(descriptor, Int(clamping: size)) == 0 else { throw Self.failure }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        do {
            try bytes.withUnsafeBytes {
                _ = try FileDescriptor(rawValue: descriptor).writeAll(toAbsoluteOffset: Int64(offset), $0)
            }
        } catch { throw Self.failure }
    }

    private static var failure: ImageInspectionError {
        let code = Errno(rawValue: errno)
        return ImageInspectionError(.system, "keep a part of the disk in memory", "\(code)", underlying: code)
    }
}
