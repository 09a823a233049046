import CArchive
import Glibc
import SystemPackage

/// Writes entries in a format of libarchive into a sink; for one thread.
///
/// Owners are numbers, times are those of the contents only, and nothing about the host goes in: equal trees give equal
/// bytes.
final class ArchiveWriter {
    enum Format {
        /// POSIX.1-2001 tar: attributes as `SCHILY.xattr`, lists as `SCHILY.acl`, which GNU tar and bsdtar both read.
        case pax
        /// cpio as the kernel's initramfs reads it (Documentation/driver-api/early-userspace/buffer-format.rst).
        case newc
    }

    let library: ArchiveLibrary
    private let format: Format
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let output: Output
    private let locale: UTF8Locale

    /// What libarchive's callback is given: where bytes go, and what went wrong there.
    private final class Output {
        let sink: any ByteSink
        var failure: (any Error)?

        init(_ sink: any ByteSink) { self.sink = sink }
    }

    private static let blockSize: Int32 = 1 << 20

    init(_ format: Format, to sink: any ByteSink) throws {
        library = try ArchiveLibrary()
        locale = try UTF8Locale()
        let functions = library.functions.pointee
        guard let archive = functions.archive_write_new(), let entry = functions.archive_entry_new() else {
            throw TreeFormatError(.library, "use libarchive", "there is no memory left")
        }
        (self.format, self.archive, self.entry, output) = (format, archive, entry, Output(sink))
        switch format {
        case .pax:
            try check(functions.archive_write_set_format_pax(archive), "choose the format")
            // Without it every attribute is written a second time in a way that only libarchive reads.
            try check(
                functions.archive_write_set_format_option(archive, "pax", "xattrheader", "SCHILY"), "choose the format")
        case .newc: try check(functions.archive_write_set_format_cpio_newc(archive), "choose the format")
        }
        try check(functions.archive_write_set_bytes_per_block(archive, Self.blockSize), "set the block size")
        try check(functions.archive_write_set_bytes_in_last_block(archive, 512), "set the block size")
        let context = Unmanaged.passUnretained(output).toOpaque()
        try check(functions.archive_write_open(archive, context, nil, Self.put, nil), "start the archive")
    }

    deinit {
        // What was not closed has failed: freeing it must not write the end of an archive.
        _ = library.functions.pointee.archive_write_fail(archive)
        _ = library.functions.pointee.archive_write_free(archive)
        library.functions.pointee.archive_entry_free(entry)
    }

    private static let put:
        @Sendable @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?, Int
        ) -> Int = { _, context, bytes, count in
            guard let context else { return -1 }
            let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
            do {
                try output.sink.write(UnsafeRawBufferPointer(start: bytes, count: count))
                return count
            } catch {
                output.failure = error
                return -1
            }
        }

    /// Writes the header of an entry that `fill` describes; its contents follow by `write`.
    func begin(_ name: String, _ fill: (OpaquePointer, ingot_archive) throws -> Void) throws {
        let functions = library.functions.pointee
        _ = functions.archive_entry_clear(entry)
        try fill(entry, functions)
        try check(functions.archive_write_header(archive, entry), "archive '\(name)'")
    }

    func write(_ bytes: UnsafeRawBufferPointer, of name: String) throws {
        let count = library.functions.pointee.archive_write_data(archive, bytes.baseAddress, bytes.count)
        if count == bytes.count { return }
        try check(count < 0 ? Int32(truncatingIfNeeded: count) : ARCHIVE_FATAL, "archive '\(name)'")
    }

    func endEntry(_ name: String) throws {
        try check(library.functions.pointee.archive_write_finish_entry(archive), "archive '\(name)'")
    }

    /// Writes the end of the archive; the sink is not finished by that.
    func close() throws { try check(library.functions.pointee.archive_write_close(archive), "end the archive") }

    private func check(_ status: Int32, _ attempt: @autoclosure () -> String) throws {
        if let failure = output.failure { throw failure }
        try library.check(status, archive, attempt())
    }
}

/// Makes libarchive take names for UTF-8, which is what they nearly always are, for as long as it lives.
///
/// The program runs in the C locale, in which libarchive knows ASCII only. Of this thread alone.
private final class UTF8Locale {
    private let locale: locale_t
    private let previous: locale_t?

    init() throws {
        guard let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else {
            throw TreeFormatError(.library, "use libarchive", "the C library has no locale 'C.UTF-8'")
        }
        self.locale = locale
        previous = uselocale(locale)
    }

    deinit {
        uselocale(previous)
        freelocale(locale)
    }
}
