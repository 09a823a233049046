import CArchive

/// libarchive's functions, and its refusals as errors.
struct ArchiveLibrary {
    let functions: UnsafePointer<ingot_archive>

    init() throws {
        var reason: UnsafePointer<CChar>?
        guard let functions = ingot_archive_load(&reason) else {
            throw TreeFormatError(
                .library, "use libarchive", reason.map { String(cString: $0) } ?? "it cannot be loaded")
        }
        self.functions = functions
    }

    /// Throws what libarchive says about a call that did not succeed.
    ///
    /// A warning is none: libarchive gives one where it stores a name that is not UTF-8 as the bytes that it is.
    func check(_ status: Int32, _ archive: OpaquePointer, _ attempt: @autoclosure () -> String) throws {
        guard status != ARCHIVE_OK, status != ARCHIVE_WARN else { return }
        let text = functions.pointee.archive_error_string(archive).map { String(cString: $0) }
        throw TreeFormatError(.library, attempt(), text ?? "libarchive gives no reason")
    }
}
