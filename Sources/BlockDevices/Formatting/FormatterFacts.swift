/// What the host's mkfs programs can be told; options they do not know would make them fail.
///
/// The default is what e2fsprogs 1.47.0 and xfsprogs 6.1 (Debian 12) know.
package struct FormatterFacts: Hashable, Sendable, Codable {
    /// mke2fs has `-E assume_storage_prezeroed` (1.47.0): a fresh sparse file needs no inode table written, then or at
    /// the first boot.
    package var mke2fsAssumesZeroedStorage: Bool
    /// mkfs.xfs has `-i nrext64` (5.19), which later versions turn on by default.
    package var mkfsXFSKnowsLargeExtentCounts: Bool

    package init(mke2fsAssumesZeroedStorage: Bool = true, mkfsXFSKnowsLargeExtentCounts: Bool = true) {
        self.mke2fsAssumesZeroedStorage = mke2fsAssumesZeroedStorage
        self.mkfsXFSKnowsLargeExtentCounts = mkfsXFSKnowsLargeExtentCounts
    }

    /// From what `mke2fs -V` and `mkfs.xfs -V` print; nothing where the program is missing.
    package init(mke2fsVersion: String?, mkfsXFSVersion: String?) {
        mke2fsAssumesZeroedStorage =
            Self.version(in: mke2fsVersion).map { !$0.lexicographicallyPrecedes([1, 47, 0]) } ?? true
        mkfsXFSKnowsLargeExtentCounts =
            Self.version(in: mkfsXFSVersion).map { !$0.lexicographicallyPrecedes([5, 19]) } ?? true
    }

    /// The first dotted number of a text: `mke2fs 1.47.0 (5-Feb-2023)` has 1, 47, 0.
    private static func version(in text: String?) -> [Int]? {
        guard let match = text?.firstMatch(of: /[0-9]+(\.[0-9]+)+/) else { return nil }
        return match.0.split(separator: ".").compactMap { Int($0) }
    }
}
