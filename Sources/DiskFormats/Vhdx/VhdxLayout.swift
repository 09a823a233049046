/// Where the parts of a VHDX are, as we write it, and the arithmetic of its block table.
///
///     0 file identifier   64K, 128K headers   192K, 256K region tables   1M log   2M metadata   3M block table
///     then blocks, each at a multiple of 1 MiB
///
/// After every `chunkRatio` entries the table has one for a bitmap that only images with a parent use.
/// Source: [MS-VHDX] 2.1 to 2.5.
struct VhdxLayout: Sendable, Equatable {
    static let headerOffsets: [UInt64] = [64 << 10, 128 << 10]
    static let regionTableOffsets: [UInt64] = [192 << 10, 256 << 10]
    static let regionTableLength = 64 << 10
    static let mebibyte: UInt64 = 1 << 20
    static let logOffset = mebibyte
    /// [MS-VHDX] 2.2: at most 64 TiB.
    static let largestSize: UInt64 = 64 << 40
    static let blockSizes: ClosedRange<UInt64> = (1 << 20)...(256 << 20)

    let size: UInt64
    let blockSize: UInt64
    let logLength: UInt64
    var sectorSize: UInt64 = 512

    var blockCount: UInt64 { (size + blockSize - 1) / blockSize }
    var chunkRatio: UInt64 { (sectorSize << 23) / blockSize }
    /// Entries of the table of an image without a parent.
    var entryCount: UInt64 { blockCount == 0 ? 0 : blockCount + (blockCount - 1) / chunkRatio }
    var metadataOffset: UInt64 { Self.logOffset + logLength }
    var tableOffset: UInt64 { metadataOffset + Self.mebibyte }
    var tableLength: UInt64 { max(1, (entryCount * 8 + Self.mebibyte - 1) / Self.mebibyte) * Self.mebibyte }
    var dataOffset: UInt64 { tableOffset + tableLength }

    /// The entry of a block.
    func entryIndex(ofBlock block: UInt64) -> Int { Int(block + block / chunkRatio) }
}

/// An entry of the block table: bits 0 to 2 a state, bits 20 to 63 the place in MiB.
struct VhdxBlockEntry: Sendable, Equatable {
    enum State: UInt64 {
        case notPresent = 0
        case undefined = 1
        case zero = 2
        case unmapped = 3
        case fullyPresent = 6
        /// Needs the parent.
        case partiallyPresent = 7
    }

    let rawValue: UInt64

    static func present(at offset: UInt64) -> VhdxBlockEntry {
        VhdxBlockEntry(rawValue: offset | State.fullyPresent.rawValue)
    }

    var state: State? { State(rawValue: rawValue & 7) }
    var offset: UInt64 { rawValue & ~0xFFFFF }
}
