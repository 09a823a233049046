import CDeflate
import CZlib

/// Makes a gzip member of each piece, by libdeflate: several times faster than zlib, but whole buffers only.
enum MemberCompressor {
    static func compress(_ piece: GzipPiece, level: Int) -> GzipBlock? {
        guard let compressor = libdeflate_alloc_compressor(Int32(level)) else { return nil }
        defer { libdeflate_free_compressor(compressor) }
        let bound = libdeflate_gzip_compress_bound(compressor, piece.bytes.count)
        let member = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            count = piece.bytes.withUnsafeBytes {
                libdeflate_gzip_compress(compressor, $0.baseAddress, $0.count, buffer.baseAddress, bound)
            }
        }
        return member.isEmpty ? nil : GzipBlock(bytes: member, sourceCount: piece.bytes.count)
    }
}

/// Makes a part of one deflate stream of each piece, by zlib; it ends on a byte, so that the next can follow.
enum BlockCompressor {
    static func compress(_ piece: GzipPiece, level: Int) -> GzipBlock? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        // Window bits below zero: no header, no trailer.
        guard deflateInit2_(&stream, Int32(level), Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        if !piece.window.isEmpty { deflateSetDictionary(&stream, piece.window, UInt32(piece.window.count)) }
        // A flush takes a few bytes more than the bound says.
        let capacity = Int(deflateBound(&stream, UInt(piece.bytes.count))) + 16
        var status = Z_STREAM_ERROR
        var source = piece.bytes
        let block = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            source.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(capacity)
                status = deflate(&stream, piece.isLast ? Z_FINISH : Z_SYNC_FLUSH)
            }
            count = capacity - Int(stream.avail_out)
        }
        guard status == (piece.isLast ? Z_STREAM_END : Z_OK), stream.avail_in == 0 else { return nil }
        let checksum = piece.bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
        return GzipBlock(bytes: block, checksum: UInt32(checksum), sourceCount: piece.bytes.count)
    }
}

/// The frame of a stream that is one gzip member (RFC 1952 section 2.3): no name, no time, written on Unix.
struct SingleMember {
    static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]

    private var checksum: UInt = 0
    private var count: UInt64 = 0

    mutating func add(_ block: GzipBlock) {
        checksum = UInt(crc32_combine(checksum, UInt(block.checksum), block.sourceCount))
        count += UInt64(block.sourceCount)
    }

    /// CRC-32 and the size modulo 2³².
    var trailer: [UInt8] {
        [UInt32(truncatingIfNeeded: checksum), UInt32(truncatingIfNeeded: count)].flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
    }
}
