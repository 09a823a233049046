/// How the size of a disk follows from the tree that goes onto it.
package enum SizingMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// diskimage-builder's rule, on which images and scripts of its users rest: the tree fills six tenths.
    case compatible
    /// The smallest disk that holds the tree and the free space asked for.
    case exact
}
