import CDeflate
import CZstd

/// Compresses single clusters; one per thread, since it keeps the library's working memory.
final class ClusterCompressor {
    private enum Engine {
        case none
        case deflate(OpaquePointer)
        case zstd(OpaquePointer)
    }

    private let engine: Engine

    init(_ compression: ClusterCompression) throws {
        switch compression {
        case .none: engine = .none
        case .deflate(let level):
            guard let compressor = libdeflate_alloc_compressor(Int32(level)) else {
                throw Self.refused("deflate", level)
            }
            engine = .deflate(compressor)
        case .zstd(let level):
            guard let context = ZSTD_createCCtx() else { throw Self.refused("zstd", level) }
            let status = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
            guard ZSTD_isError(status) == 0 else {
                ZSTD_freeCCtx(context)
                throw Self.refused("zstd", level)
            }
            engine = .zstd(context)
        }
    }

    deinit {
        switch engine {
        case .none: break
        case .deflate(let compressor): libdeflate_free_compressor(compressor)
        case .zstd(let context): ZSTD_freeCCtx(context)
        }
    }

    /// Compresses a cluster into the front of `target`; nil if that does not make it smaller.
    ///
    /// The limit is the same for every cluster, so the bytes do not depend on who compressed what before.
    func compress(_ cluster: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        let limit = cluster.count - 1
        switch engine {
        case .none: return nil
        case .deflate(let compressor):
            let count = libdeflate_deflate_compress(
                compressor, cluster.baseAddress, cluster.count, target.baseAddress, limit)
            return count == 0 ? nil : count
        case .zstd(let context):
            let count = ZSTD_compress2(context, target.baseAddress, limit, cluster.baseAddress, cluster.count)
            return ZSTD_isError(count) == 0 ? count : nil
        }
    }

    private static func refused(_ method: String, _ level: Int) -> DiskFormatError {
        DiskFormatError(.system, "start \(method) compression at level \(level)", "out of memory, or no such level")
    }
}
