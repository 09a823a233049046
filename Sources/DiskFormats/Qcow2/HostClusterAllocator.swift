/// Gives out places in the image file: whole clusters, and room for compressed data, which is packed without gaps.
///
/// Compressed data must be contiguous, yet whole clusters (data that does not compress, tables) come in between and must
/// be aligned. So when a whole cluster follows a partly filled one, a few clusters are reserved for compressed data first, and
/// ends that were too short for one piece are kept for shorter ones. Depends on the order of requests alone.
struct HostClusterAllocator {
    private static let largestReserve: UInt64 = 8
    private static let keptTails = 8
    /// No compressed cluster is worth less room than this.
    private static let smallestTail = 32

    let clusterSize: UInt64
    /// First byte after everything given out or reserved; a multiple of the cluster size.
    private(set) var end: UInt64
    /// What is left of the room that compressed data fills now.
    private var open: Range<UInt64> = 0..<0
    private var tails: [Range<UInt64>] = []
    private var spareClusters: [UInt64] = []

    /// The first cluster is the header's.
    init(clusterSize: UInt64) {
        self.clusterSize = clusterSize
        end = clusterSize
    }

    /// A contiguous run of whole clusters.
    mutating func clusters(_ count: UInt64) -> UInt64 {
        if count == 1, let spare = spareClusters.popLast() { return spare }
        if open.upperBound == end, !open.isEmpty, UInt64(open.count) < clusterSize {
            end += min(Self.largestReserve, max(1, end / clusterSize / 32)) * clusterSize
            open = open.lowerBound..<end
        }
        defer { end += count * clusterSize }
        return end
    }

    /// Room for compressed data of this length, which is less than a cluster.
    ///
    /// No piece begins in a cluster that, as far as `refcounts` can count, has all the users it may have.
    mutating func bytes(_ count: Int, refcounts: RefcountTable? = nil) -> UInt64 {
        if let index = tails.firstIndex(where: { $0.count >= count && !isFull($0.lowerBound, refcounts) }) {
            let place = tails[index].lowerBound
            tails[index] = (place + UInt64(count))..<tails[index].upperBound
            if tails[index].count < Self.smallestTail { tails.remove(at: index) }
            return place
        }
        if open.lowerBound % clusterSize != 0, isFull(open.lowerBound, refcounts) { leaveCluster() }
        if open.count < count { extend() }
        defer { open = (open.lowerBound + UInt64(count))..<open.upperBound }
        return open.lowerBound
    }

    private func isFull(_ offset: UInt64, _ refcounts: RefcountTable?) -> Bool {
        refcounts?.isFull(at: offset) ?? false
    }

    /// Gives up the rest of the cluster in which the open room begins.
    private mutating func leaveCluster() {
        let next = (open.lowerBound / clusterSize + 1) * clusterSize
        open = min(next, open.upperBound)..<open.upperBound
    }

    /// Adds a cluster to the open room, or starts a new one where something else follows it.
    private mutating func extend() {
        if open.upperBound == end {
            open = open.lowerBound..<(end + clusterSize)
        } else {
            keepTail(open)
            open = end..<(end + clusterSize)
        }
        end += clusterSize
    }

    private mutating func keepTail(_ range: Range<UInt64>) {
        guard range.count >= Self.smallestTail else { return }
        if tails.count == Self.keptTails { tails.removeFirst() }
        tails.append(range)
    }

    /// Gives up all room below `offset`: nothing will be placed there any more.
    mutating func abandon(below offset: UInt64) {
        tails.removeAll { $0.lowerBound < offset }
        spareClusters.removeAll { $0 < offset }
        if open.lowerBound < offset { open = 0..<0 }
    }

    /// No compressed data will follow: reserved clusters that stayed empty serve for tables.
    mutating func finishPacking() {
        let firstWhole = (open.lowerBound + clusterSize - 1) / clusterSize * clusterSize
        if open.upperBound == end {
            end = min(end, firstWhole)
        } else if !open.isEmpty {
            spareClusters = stride(from: firstWhole, to: open.upperBound, by: Int(clusterSize)).reversed()
        }
        (open, tails) = (0..<0, [])
    }
}
