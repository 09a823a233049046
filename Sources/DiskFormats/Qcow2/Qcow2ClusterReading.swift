/// Reads pieces of clusters for one call of the reader: keeps the decompressor and the cluster it produced last.
final class Qcow2ClusterReading {
    private let file: ImageFile
    private let fileSize: UInt64
    private let header: Qcow2Header
    private var decompressor: ClusterDecompressor?
    private var scratch: [UInt8] = []
    private var compressed: [UInt8] = []

    init(file: ImageFile, fileSize: UInt64, header: Qcow2Header) {
        self.file = file
        self.fileSize = fileSize
        self.header = header
    }

    /// Fills `piece` from a place in the file; the last cluster may be cut short by whoever wrote it: what is missing is
    /// zero, as QEMU reads it.
    func readStored(at offset: UInt64, into piece: UnsafeMutableRawBufferPointer) throws {
        let count = try file.readAvailable(at: offset, into: piece)
        UnsafeMutableRawBufferPointer(rebasing: piece[count...]).initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Fills `piece` with a compressed cluster's bytes from `start` on.
    func readCompressed(
        at offset: UInt64, byteCount: Int, from start: Int, into piece: UnsafeMutableRawBufferPointer
    ) throws {
        guard offset < fileSize else { throw Qcow2Reader.malformed(file, "a cluster lies outside the file") }
        let available = min(byteCount, Int(fileSize - offset))
        try readData(at: offset, byteCount: available, from: start, into: piece)
    }

    private func readData(
        at offset: UInt64, byteCount: Int, from start: Int, into piece: UnsafeMutableRawBufferPointer
    ) throws {
        let decompressor = try decompressor ?? ClusterDecompressor(header.compressionType)
        self.decompressor = decompressor
        if compressed.count < byteCount { compressed = Array(repeating: 0, count: byteCount) }
        try compressed.withUnsafeMutableBytes { buffer in
            let data = UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount])
            try file.read(at: offset, into: data)
            if piece.count == Int(header.clusterSize) {
                try decompress(UnsafeRawBufferPointer(data), with: decompressor, into: piece)
            } else {
                if scratch.isEmpty { scratch = Array(repeating: 0, count: Int(header.clusterSize)) }
                try scratch.withUnsafeMutableBytes { cluster in
                    try decompress(UnsafeRawBufferPointer(data), with: decompressor, into: cluster)
                    piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: cluster[start..<(start + piece.count)]))
                }
            }
        }
    }

    private func decompress(
        _ data: UnsafeRawBufferPointer, with decompressor: ClusterDecompressor,
        into cluster: UnsafeMutableRawBufferPointer
    ) throws {
        guard decompressor.decompress(data, into: cluster) else {
            throw Qcow2Reader.malformed(file, "compressed data does not give a cluster")
        }
    }
}
