/// What a guest cluster becomes, encoded and ready to be placed.
package struct EncodedCluster: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// As it is; its bytes are in the piece.
        case stored
        /// So many bytes, which follow those of the compressed cluster before it.
        case compressed(Int)
        /// All zero where the backing file is not.
        case zero
    }

    package let index: UInt64
    package let kind: Kind
    /// With extended entries: which of 32 parts are not all zero, the first in bit 0.
    var subclusters = UInt32.max
}

/// The clusters of a piece that an image must mention, in the disk's order; all others read as they should already.
package struct EncodedClusters: Sendable {
    package fileprivate(set) var clusters: [EncodedCluster] = []
    /// The bytes of the compressed ones, without gaps.
    package fileprivate(set) var bytes: [UInt8] = []
}

/// Turns the pieces of a disk into clusters: left out, compressed or as they are.
package struct ClusterEncoder: DiskPieceEncoder {
    private let geometry: Qcow2Geometry
    private let compression: ClusterCompression
    private let backing: (any GuestImage)?
    private let hasZeroFlag: Bool
    private let memo: EncodingMemo?
    private let compressors = ReusePool<ClusterCompressor>()

    /// `memo` is shared with another output that wants the same clusters, compressed alike.
    ///
    /// `hasZeroFlag` says whether the format can state that a cluster is zero over a backing file (version 3).
    init(
        geometry: Qcow2Geometry, compression: ClusterCompression, backing: (any GuestImage)? = nil,
        hasZeroFlag: Bool = true, memo: EncodingMemo? = nil
    ) {
        self.memo = memo
        self.geometry = geometry
        self.compression = compression
        self.backing = backing
        self.hasZeroFlag = hasZeroFlag
    }

    package func encode(_ piece: DiskPiece) throws -> EncodedClusters {
        guard let memo else { return try encodeAnew(piece) }
        return try memo.clusters(ofPieceAt: piece.offset) { try encodeAnew(piece) }
    }

    private func encodeAnew(_ piece: DiskPiece) throws -> EncodedClusters {
        guard piece.offset < geometry.virtualSize else { return EncodedClusters() }
        let end = min(UInt64(piece.padded.count), geometry.virtualSize - piece.offset)
        let below = try backing.map { try bytes(of: $0, at: piece.offset, count: Int(end)) }
        let compression = compression
        return try compressors.withValue(make: { try ClusterCompressor(compression) }) { compressor in
            var encoded = EncodedClusters()
            let capacity = compression == .none ? 0 : piece.padded.count
            encoded.bytes = Array(unsafeUninitializedCapacity: capacity) { buffer, used in
                let output = UnsafeMutableRawBufferPointer(buffer)
                for start in stride(from: 0, to: Int(end), by: Int(geometry.clusterSize)) {
                    let cluster = part(piece.padded, start, start + Int(geometry.clusterSize))
                    let kind = self.kind(
                        cluster, below: below?[start..<min(start + cluster.count, Int(end))], compressor,
                        UnsafeMutableRawBufferPointer(rebasing: output[used...]))
                    guard let kind else { continue }
                    if case .compressed(let count) = kind { used += count }
                    let index = (piece.offset + UInt64(start)) >> UInt64(geometry.clusterBits)
                    let subclusters = kind == .stored ? occupied(cluster) : .max
                    encoded.clusters.append(EncodedCluster(index: index, kind: kind, subclusters: subclusters))
                }
            }
            return encoded
        }
    }

    private func bytes(of image: any GuestImage, at offset: UInt64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            try image.readPadded(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            used = count
        }
    }

    /// nil for a cluster that need not be mentioned: zero, or equal to the backing file's.
    private func kind(
        _ cluster: UnsafeRawBufferPointer, below: ArraySlice<UInt8>?, _ compressor: ClusterCompressor,
        _ output: UnsafeMutableRawBufferPointer
    ) -> EncodedCluster.Kind? {
        if let below {
            let isEqual = below.withUnsafeBytes { $0.hasSameBytes(as: part(cluster, 0, $0.count)) }
            if isEqual { return nil }
            if hasZeroFlag, cluster.isZero { return .zero }
        } else if cluster.isZero {
            return nil
        }
        return compressor.compress(cluster, into: output).map(EncodedCluster.Kind.compressed) ?? .stored
    }

    private func occupied(_ cluster: UnsafeRawBufferPointer) -> UInt32 {
        guard geometry.hasExtendedL2 else { return .max }
        let size = cluster.count / 32
        return (0..<32).reduce(0) { bits, index in
            part(cluster, index * size, (index + 1) * size).isZero ? bits : bits | 1 << UInt32(index)
        }
    }

    private func part(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
