/// Who uses the clusters of a qcow2 file, counted.
struct Qcow2Usage {
    enum Kind: UInt8 {
        case none
        case data
        case header
        case l1
        case l2
        case snapshots
        case refcounts

        var name: String {
            switch self {
            case .none: "nothing"
            case .data: "data"
            case .header: "the header"
            case .l1: "a first-level table"
            case .l2: "a second-level table"
            case .snapshots: "the list of snapshots"
            case .refcounts: "reference counts"
            }
        }
    }

    let clusterSize: UInt64
    let fileSize: UInt64
    private var counts: [UInt16]
    private var kinds: [Kind]

    init(clusterCount: Int, clusterSize: UInt64, fileSize: UInt64) {
        self.clusterSize = clusterSize
        self.fileSize = fileSize
        counts = Array(repeating: 0, count: clusterCount)
        kinds = Array(repeating: .none, count: clusterCount)
    }

    /// Counts one more use of every cluster that the bytes touch; false for what is not in the file.
    @discardableResult
    mutating func mark(
        _ offset: UInt64, _ length: UInt64, _ kind: Kind, _ findings: inout ImageFindings
    ) -> Bool {
        // A file may end within its last cluster of data, as QEMU lets it.
        guard offset < fileSize, kind == .data || length <= fileSize - offset else {
            findings.error("\(kind.name) at byte \(offset) lies outside the file")
            return false
        }
        let last = min((offset + max(length, 1) - 1) / clusterSize, UInt64(counts.count - 1))
        for cluster in Int(offset / clusterSize)...Int(last) {
            let before = kinds[cluster]
            let isShared = before == kind && (kind == .data || kind == .l2)
            if before != .none, !isShared, before != .data || kind != .data {
                findings.error("\(kind.name) at byte \(offset) lies over \(before.name)")
            }
            kinds[cluster] = kind
            counts[cluster] = counts[cluster] == .max ? .max : counts[cluster] + 1
        }
        return kind == .data || offset % clusterSize == 0 || report(offset, kind, &findings)
    }

    private func report(_ offset: UInt64, _ kind: Kind, _ findings: inout ImageFindings) -> Bool {
        findings.error("\(kind.name) at byte \(offset) does not start at a cluster")
        return true
    }

    /// Compares with the counts in the file, which may be longer or shorter than the file has clusters.
    ///
    /// With lazy refcounts and the image not closed, counts may be too low: QEMU repairs that when it opens the image.
    func compare(_ stored: [UInt16], isLazy: Bool, _ findings: inout ImageFindings) {
        var leaked: UInt64 = 0
        for cluster in counts.indices {
            let count = cluster < stored.count ? stored[cluster] : 0
            if count < counts[cluster] {
                findings.error(
                    "cluster \(cluster) is used \(counts[cluster]) times and counted \(count) times"
                        + (isLazy ? " (the image was not closed; QEMU repairs that)" : ""))
            } else if count > counts[cluster] {
                leaked += clusterSize
            }
        }
        let beyond = stored.dropFirst(counts.count).count { $0 != 0 }
        findings.leak(leaked, "\(leaked / clusterSize) clusters are counted and not used, or too often")
        findings.leak(UInt64(beyond) * clusterSize, "\(beyond) clusters behind the end of the file are counted")
    }
}
