import DiskFormats

/// What is free in an ext file system: hands out blocks and inodes in ascending order, and keeps the accounts.
struct ExtSpace {
    let header: ExtHeader
    private(set) var groups: [ExtGroup]
    private let attempt: String
    /// Where the search for blocks goes on.
    private var group = 0
    private var bit = 0
    private var nextInode: UInt32 = ExtHeader.rootInode
    private(set) var takenBlocks: UInt64 = 0
    private(set) var takenInodes: UInt32 = 0

    /// `read` gives bytes at an offset of the file system.
    init(
        _ header: ExtHeader, attempt: String, read: (_ offset: UInt64, _ count: Int) throws -> [UInt8]
    ) throws {
        self.header = header
        self.attempt = attempt
        let blockSize = UInt64(header.blockSize)
        let table = try read(
            header.descriptorTable * blockSize, Int(header.groupCount) * header.descriptorSize)
        groups = (0..<header.groupCount).map { number in
            let start = Int(number) * header.descriptorSize
            return ExtGroup(number: number, descriptor: Array(table[start..<start + header.descriptorSize]))
        }
        for index in groups.indices {
            let group = groups[index]
            groups[index].blocks =
                group.hasBlockBitmap
                ? try read(group.blockBitmap * blockSize, header.blockSize)
                : [UInt8](repeating: 0, count: header.blockSize)
            groups[index].inodes =
                group.hasInodeBitmap
                ? try read(group.inodeBitmap * blockSize, header.blockSize) : emptyInodeBitmap()
        }
        markUninitialised()
    }

    /// What a bitmap that was never written stands for: copies of the superblock, bitmaps and tables, of whatever group,
    /// that lie in it, and what is behind the end of the group.
    private mutating func markUninitialised() {
        let missing = Set(groups.indices.filter { !groups[$0].hasBlockBitmap })
        guard !missing.isEmpty else { return }
        let tableBlocks =
            (UInt64(header.inodesPerGroup) * UInt64(header.inodeSize) + UInt64(header.blockSize) - 1)
            / UInt64(header.blockSize)
        var taken: [Range<UInt64>] = []
        for group in groups {
            taken.append(group.blockBitmap..<group.blockBitmap + 1)
            taken.append(group.inodeBitmap..<group.inodeBitmap + 1)
            taken.append(group.inodeTable..<group.inodeTable + tableBlocks)
            guard header.hasCopy(group.number) else { continue }
            let first = header.firstBlock(of: group.number)
            taken.append(first..<first + 1 + header.descriptorBlocks + header.reservedDescriptorBlocks)
        }
        taken.append(header.blockCount..<header.firstBlock(of: header.groupCount) + UInt64(header.blockSize * 8))
        for index in missing {
            for bit in Int(header.blocksPerGroup)..<header.blockSize * 8 {
                groups[index].blocks[bit / 8] |= 1 << UInt8(bit % 8)
            }
        }
        for range in taken {
            for block in range {
                let index = Int(min((block - header.firstDataBlock) / header.blocksPerGroup, header.groupCount - 1))
                guard missing.contains(index) else { continue }
                let bit = Int(block - header.firstBlock(of: UInt64(index)))
                if bit < header.blockSize * 8 { groups[index].blocks[bit / 8] |= 1 << UInt8(bit % 8) }
            }
        }
    }

    /// Bits that stand for no inode are set.
    private func emptyInodeBitmap() -> [UInt8] {
        var bytes = [UInt8](repeating: 0xFF, count: header.blockSize)
        for index in 0..<Int(header.inodesPerGroup) { bytes[index / 8] &= ~(1 << UInt8(index % 8)) }
        return bytes
    }

    /// Takes the next free blocks, in as few runs as there are.
    mutating func take(_ count: UInt64) throws -> [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        var left = Int(count)
        while left > 0 {
            guard let run = nextRun(atMost: left) else {
                throw DiskFormatError(
                    .noSpace, attempt,
                    "no space left: its \(header.freeBlocks * UInt64(header.blockSize)) free bytes are too few")
            }
            let first = header.firstBlock(of: UInt64(group)) + UInt64(run.lowerBound)
            groups[group].takeBlocks(run)
            bit = run.upperBound
            left -= run.count
            takenBlocks += UInt64(run.count)
            if let last = runs.last, last.upperBound == first {
                runs[runs.count - 1] = last.lowerBound..<first + UInt64(run.count)
            } else {
                runs.append(first..<first + UInt64(run.count))
            }
        }
        return runs
    }

    /// Free bits of the group in which there are some next.
    private mutating func nextRun(atMost count: Int) -> Range<Int>? {
        while group < groups.count {
            let start = header.firstBlock(of: UInt64(group))
            let limit = Int(min(header.blocksPerGroup, header.blockCount - start))
            let bitmap = groups[group].blocks
            while bit < limit, bitmap[bit / 8] & 1 << UInt8(bit % 8) != 0 {
                bit += bit % 8 == 0 && bitmap[bit / 8] == 0xFF ? 8 : 1
            }
            if bit < limit {
                var end = bit
                while end < limit, end - bit < count, bitmap[end / 8] & 1 << UInt8(end % 8) == 0 {
                    end += end % 8 == 0 && bitmap[end / 8] == 0 ? 8 : 1
                }
                return bit..<min(end, limit, bit + count)
            }
            group += 1
            bit = 0
        }
        return nil
    }

    /// Takes the next free inode; the root has its own, which is taken already.
    mutating func takeInode(isDirectory: Bool) throws -> UInt32 {
        while nextInode < header.inodeCount {
            nextInode += 1
            let index = (nextInode - 1) / header.inodesPerGroup
            let place = Int((nextInode - 1) % header.inodesPerGroup)
            guard groups[Int(index)].inodes[place / 8] & 1 << UInt8(place % 8) == 0 else { continue }
            groups[Int(index)].takeInode(place, isDirectory: isDirectory)
            takenInodes += 1
            return nextInode
        }
        throw DiskFormatError(.noSpace, attempt, "no space left: all of its \(header.inodeCount) inodes are in use")
    }

    /// Where an inode lies in the file system.
    func offset(ofInode number: UInt32) -> UInt64 {
        let group = groups[Int((number - 1) / header.inodesPerGroup)]
        return group.inodeTable * UInt64(header.blockSize)
            + UInt64((number - 1) % header.inodesPerGroup) * UInt64(header.inodeSize)
    }

    /// Bitmaps, descriptors and superblock as they now are, for `write`.
    mutating func finish(write: (_ bytes: [UInt8], _ offset: UInt64) throws -> Void) throws {
        let blockSize = UInt64(header.blockSize)
        var table: [UInt8] = []
        for index in groups.indices {
            groups[index].finish(header)
            let group = groups[index]
            table += group.descriptor
            guard group.isChanged else { continue }
            try write(group.blocks, group.blockBitmap * blockSize)
            try write(group.inodes, group.inodeBitmap * blockSize)
        }
        try write(table, header.descriptorTable * blockSize)
        var header = header
        header.freeBlocks -= takenBlocks
        header.freeInodes -= takenInodes
        try write(header.finished(), ExtHeader.offset)
    }
}
