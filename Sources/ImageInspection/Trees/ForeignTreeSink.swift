/// Takes a tree as it is read: directories before what is in them.
package protocol ForeignTreeSink {
    /// What follows is in this directory, until `leave`.
    ///
    /// The root of a tree comes with an empty name.
    mutating func enter(_ name: [UInt8], _ directory: ForeignFile) throws

    mutating func leave() throws

    /// Anything but a directory.
    mutating func add(_ name: [UInt8], _ file: ForeignFile, _ contents: ForeignContents) throws
}

/// The bytes of a file as the pieces of a disk in which they lie; what no piece covers is zero.
package struct ForeignContents {
    package struct Piece: Hashable, Sendable {
        /// Where it belongs in the file.
        package var fileOffset: UInt64
        /// Where it lies in the file system.
        package var diskOffset: UInt64
        package var size: UInt64
    }

    package let size: UInt64
    package let pieces: [Piece]
    private let window: DiskWindow
    /// What is read at once.
    private static let largest: UInt64 = 1 << 20

    init(size: UInt64, pieces: [Piece], window: DiskWindow) {
        (self.size, self.pieces, self.window) = (size, pieces, window)
    }

    /// Hands over the data, piece by piece, with the offset in the file.
    package func forEach(_ body: (_ offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws {
        let most = min(Self.largest, pieces.map(\.size).max() ?? 0)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(most), alignment: 4096)
        defer { buffer.deallocate() }
        for piece in pieces {
            var done: UInt64 = 0
            while done < piece.size {
                let count = min(Self.largest, piece.size - done)
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(count)])
                try window.read(at: piece.diskOffset + done, into: part)
                try body(piece.fileOffset + done, UnsafeRawBufferPointer(part))
                done += count
            }
        }
    }
}
