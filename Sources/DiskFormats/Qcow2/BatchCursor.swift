/// Cuts a disk's data into runs of whole clusters, one for a worker at a time; holes are passed over.
struct BatchCursor: Sendable {
    private let image: any GuestImage
    private let geometry: Qcow2Geometry
    private let clustersPerBatch: UInt64
    private var nextCluster: UInt64 = 0

    init(image: any GuestImage, geometry: Qcow2Geometry, clustersPerBatch: Int) {
        self.image = image
        self.geometry = geometry
        self.clustersPerBatch = UInt64(clustersPerBatch)
    }

    mutating func next() throws -> Range<UInt64>? {
        let bits = UInt64(geometry.clusterBits)
        guard nextCluster < geometry.clusterCount, let data = try image.dataRange(after: nextCluster << bits) else {
            return nil
        }
        let first = max(nextCluster, data.lowerBound >> bits)
        let end = min(geometry.clusters(for: data.upperBound), first + clustersPerBatch)
        nextCluster = end
        return first..<end
    }
}
