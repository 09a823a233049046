/// A piece of a disk on its way to the outputs; its holes read as zeros.
///
/// The bytes are the pass's own and live until every output has appended the piece: whoever keeps them, copies them.
package struct DiskPiece {
    /// Where it starts on the disk: a multiple of the pass's piece size, which is a power of two.
    package let offset: UInt64
    /// The bytes up to the end of the disk.
    package let bytes: UnsafeRawBufferPointer
    /// The same with zeros behind the disk's end, always a whole piece: for formats made of blocks.
    package let padded: UnsafeRawBufferPointer
}
