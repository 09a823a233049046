import CDeflate

/// Reads pieces of grains for one call of the reader: keeps the decompressor and its buffers.
final class VmdkGrainReading {
    private let file: ImageFile
    private let fileSize: UInt64
    private let header: VmdkHeader
    private var decompressor: OpaquePointer?
    private var scratch: [UInt8] = []

    init(file: ImageFile, fileSize: UInt64, header: VmdkHeader) {
        self.file = file
        self.fileSize = fileSize
        self.header = header
    }

    deinit {
        if let decompressor { libdeflate_free_decompressor(decompressor) }
    }

    /// Fills `piece` with a grain's bytes from `start` on.
    func read(grain: UInt64, sector: UInt32, from start: Int, into piece: UnsafeMutableRawBufferPointer) throws {
        guard sector != 0 else {
            piece.initializeMemory(as: UInt8.self, repeating: 0)
            return
        }
        let offset = UInt64(sector) * 512
        guard offset < fileSize else { throw file.malformed("a grain lies outside the file") }
        if header.flags.contains(.compressed) {
            try readCompressed(grain: grain, at: offset, from: start, into: piece)
        } else {
            let count = try file.readAvailable(at: offset + UInt64(start), into: piece)
            UnsafeMutableRawBufferPointer(rebasing: piece[count...]).initializeMemory(as: UInt8.self, repeating: 0)
        }
    }

    private func readCompressed(
        grain: UInt64, at offset: UInt64, from start: Int, into piece: UnsafeMutableRawBufferPointer
    ) throws {
        let data = try compressedData(grain: grain, at: offset)
        let size = Int(header.grainSize)
        // A writer may cut the last grain at the disk's end.
        let needed = Int(min(header.grainSize, header.capacity * 512 - grain * header.grainSize))
        if piece.count == size { return try decompress(data, into: piece, atLeast: needed) }
        if scratch.isEmpty { scratch = [UInt8](repeating: 0, count: size) }
        try scratch.withUnsafeMutableBytes { whole in
            try decompress(data, into: whole, atLeast: needed)
            piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[start..<(start + piece.count)]))
        }
    }

    /// What follows the grain's marker; without markers the data has no length, so the rest of a grain's room is taken.
    private func compressedData(grain: UInt64, at offset: UInt64) throws -> [UInt8] {
        // zlib's worst case is a few bytes for each 16 KiB; QEMU allows twice the grain.
        let longest = header.grainSize * 2
        guard header.flags.contains(.markers) else {
            return try file.bytes(at: offset, count: Int(min(longest, fileSize - offset)))
        }
        let marker = try file.bytes(at: offset, count: VmdkMarker.grainHeaderLength)
        let length = UInt64(marker.littleEndian(UInt32.self, at: 8))
        guard marker.littleEndian(UInt64.self, at: 0) == grain * header.grainSectors, length > 0, length <= longest
        else { throw file.malformed("a grain's marker names another grain or no length") }
        return try file.bytes(at: offset + UInt64(VmdkMarker.grainHeaderLength), count: Int(length))
    }

    private func decompress(
        _ data: [UInt8], into grain: UnsafeMutableRawBufferPointer, atLeast needed: Int
    ) throws {
        let engine: OpaquePointer
        if let decompressor {
            engine = decompressor
        } else {
            guard let created = libdeflate_alloc_decompressor() else {
                throw DiskFormatError(.system, "start deflate decompression", "out of memory")
            }
            (decompressor, engine) = (created, created)
        }
        var (consumed, produced) = (0, 0)
        let status = data.withUnsafeBytes {
            libdeflate_zlib_decompress_ex(
                engine, $0.baseAddress, $0.count, grain.baseAddress, grain.count, &consumed, &produced)
        }
        guard status == LIBDEFLATE_SUCCESS, produced >= needed else {
            throw file.malformed("compressed data does not give a grain")
        }
        UnsafeMutableRawBufferPointer(rebasing: grain[produced...]).initializeMemory(as: UInt8.self, repeating: 0)
    }
}
