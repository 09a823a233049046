import CZstd
import DiskFormats

/// Compresses a stream into one zstd frame, with libzstd's own threads.
///
/// The bytes do not depend on the number of threads (zstd.h, ZSTD_c_nbWorkers). The frame has a checksum.
package final class ZstdSink: ByteSink {
    private let next: any ByteSink
    private let context: OpaquePointer
    private var output = [UInt8](repeating: 0, count: 1 << 20)

    package init(to sink: any ByteSink, level: Int = 12, threadCount: Int? = nil) throws {
        guard let context = ZSTD_createCCtx() else {
            throw TreeFormatError(.library, "compress", "libzstd has no memory")
        }
        (next, self.context) = (sink, context)
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level)))
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
        // A libzstd without threads refuses this, and compresses on this one.
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, Int32(threadCount ?? availableProcessorCount()))
    }

    deinit { ZSTD_freeCCtx(context) }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while input.pos < input.size { _ = try step(&input, ZSTD_e_continue) }
    }

    package func finish() throws {
        var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while try step(&input, ZSTD_e_end) > 0 {}
        try next.finish()
    }

    /// Gives what is still to be flushed.
    private func step(_ input: inout ZSTD_inBuffer, _ operation: ZSTD_EndDirective) throws -> Int {
        let (left, count) = output.withUnsafeMutableBytes { buffer in
            var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let left = ZSTD_compressStream2(context, &target, &input, operation)
            return (left, target.pos)
        }
        try check(left)
        try output.withUnsafeBytes { try next.write(.init(rebasing: $0[..<count])) }
        return left
    }

    private func check(_ result: Int) throws {
        guard ZSTD_isError(result) != 0 else { return }
        throw TreeFormatError(.library, "compress", "libzstd: \(String(cString: ZSTD_getErrorName(result)))")
    }
}
