/// The part of an output that many threads do at once, one piece each: compression, looking for zeros.
///
/// What it returns depends on the piece alone, so that files do not depend on the number of threads.
package protocol DiskPieceEncoder: Sendable {
    /// What is left to place; keeps no pointer into the piece, which `append` gets again.
    associatedtype Encoded: Sendable

    func encode(_ piece: DiskPiece) throws -> Encoded
}

/// One output of a pass over a disk, in any format.
///
/// Pieces without data are not shown at all: where none was appended, the disk is zero.
package protocol DiskImageSink: AnyObject {
    associatedtype Encoder: DiskPieceEncoder

    /// Bytes that must stay together for the encoder, a power of two (a cluster, a grain); pieces are whole multiples.
    var grain: Int { get }
    /// Used by all threads of the pass.
    var encoder: Encoder { get }
    /// Disks whose data must be shown too, even where the pass's own disk is empty; a backing file is one.
    var alsoVisited: [any GuestImage] { get }

    /// Places a piece; called on the pass's own thread, in the order of the disk.
    func append(_ piece: DiskPiece, _ encoded: Encoder.Encoded) throws

    /// Writes what is left when all pieces are there, and syncs the file.
    func finish() throws
}

extension DiskImageSink {
    package var alsoVisited: [any GuestImage] { [] }
}

/// The encoder of an output that has nothing to do ahead: its `append` gets the piece and that is all.
package struct NoEncoding: DiskPieceEncoder {
    package init() {}
    package func encode(_ piece: DiskPiece) {}
}
