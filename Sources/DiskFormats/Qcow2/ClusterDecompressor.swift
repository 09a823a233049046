import CDeflate
import CZstd

/// Decompresses single clusters; what follows the data, up to the end of its last sector, is ignored.
final class ClusterDecompressor {
    private enum Engine {
        case deflate(OpaquePointer)
        case zstd(OpaquePointer)
    }

    /// zstd's largest window at level 19; a frame that asks for more memory than this is refused.
    private static let largestWindowBits: Int32 = 23

    private let engine: Engine

    init(_ type: Qcow2CompressionType) throws {
        let created =
            switch type {
            case .deflate: libdeflate_alloc_decompressor().map(Engine.deflate)
            case .zstd: Self.zstd()
            }
        guard let created else { throw DiskFormatError(.system, "start \(type.name) decompression", "out of memory") }
        engine = created
    }

    deinit {
        switch engine {
        case .deflate(let decompressor): libdeflate_free_decompressor(decompressor)
        case .zstd(let context): ZSTD_freeDCtx(context)
        }
    }

    private static func zstd() -> Engine? {
        guard let context = ZSTD_createDCtx() else { return nil }
        guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, largestWindowBits)) == 0 else {
            ZSTD_freeDCtx(context)
            return nil
        }
        return .zstd(context)
    }

    /// Fills the whole of `cluster`; false if `data` does not hold exactly one cluster.
    func decompress(_ data: UnsafeRawBufferPointer, into cluster: UnsafeMutableRawBufferPointer) -> Bool {
        switch engine {
        case .deflate(let decompressor):
            return libdeflate_deflate_decompress(
                decompressor, data.baseAddress, data.count, cluster.baseAddress, cluster.count, nil)
                == LIBDEFLATE_SUCCESS
        case .zstd(let context): return decompress(data, into: cluster, with: context)
        }
    }

    /// As a stream, because only that ignores trailing bytes and joins the frames that QEMU may have flushed.
    private func decompress(
        _ data: UnsafeRawBufferPointer, into cluster: UnsafeMutableRawBufferPointer, with context: OpaquePointer
    ) -> Bool {
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        var input = ZSTD_inBuffer(src: data.baseAddress, size: data.count, pos: 0)
        var output = ZSTD_outBuffer(dst: cluster.baseAddress, size: cluster.count, pos: 0)
        while output.pos < output.size {
            let before = (input.pos, output.pos)
            let status = ZSTD_decompressStream(context, &output, &input)
            if ZSTD_isError(status) != 0 || (input.pos, output.pos) == before { return false }
        }
        return true
    }
}
