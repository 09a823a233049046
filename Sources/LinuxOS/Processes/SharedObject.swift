/// A small shared object of position-independent machine code, as bytes that ld.so of glibc and of musl load.
///
/// Written without a linker, since a host that builds images has none. 64-bit, little-endian (System V ABI, gABI
/// chapters 4 and 5). Two segments, so that no page is both written and run:
///
///     ELF header, 4 program headers | symbols, hash, names, relocation | code      loaded r-x
///     dynamic section, slot                                                        loaded rw-
struct SharedObject {
    /// What the processor calls itself in ELF (`e_machine`), and its relocation of one symbol's address.
    struct Machine {
        let number: UInt16
        let relocation: UInt64

        /// Of this program; nothing if it is none of those written down.
        static var own: Machine? {
            #if arch(x86_64)
                Machine(number: 62, relocation: 6)  // EM_X86_64, R_X86_64_GLOB_DAT
            #elseif arch(arm64)
                Machine(number: 183, relocation: 1025)  // EM_AARCH64, R_AARCH64_GLOB_DAT
            #else
                nil
            #endif
        }
    }

    let machine: Machine
    /// Its address modulo 4096 has to stay what it is: AArch64 counts in pages.
    let codeAddress: UInt64
    /// Names, and where in the code they begin.
    let functions: [(name: String, offset: UInt64)]
    /// Looked up by the loader; its address, or 0, is put into the slot.
    let imported: String

    private static let headers: UInt64 = 64 + 4 * 56
    private static let (symbolSize, dynamicSize): (UInt64, UInt64) = (24, 16)
    /// The largest page of these machines.
    private static let page: UInt64 = 65536

    private var names: [UInt8] { [0] + ([imported] + functions.map(\.name)).flatMap { Array($0.utf8) + [0] } }
    private var symbolCount: UInt64 { UInt64(functions.count) + 2 }
    private var hashOffset: UInt64 { Self.headers + symbolCount * Self.symbolSize }
    private var namesOffset: UInt64 { hashOffset + 4 * (3 + symbolCount) }
    private var relocationOffset: UInt64 { (namesOffset + UInt64(names.count) + 7) / 8 * 8 }
    private var codeOffset: UInt64 { (relocationOffset + 24 + 4095) / 4096 * 4096 + codeAddress % 4096 }

    private func dataOffset(_ code: [UInt8]) -> UInt64 { (codeOffset + UInt64(code.count) + 15) / 16 * 16 }
    private static let slotOffset: UInt64 = 9 * dynamicSize

    /// From the first byte of the code to the slot, in memory.
    func slot(after code: [UInt8]) -> Int64 {
        Int64(dataOffset(code) + Self.page + Self.slotOffset) - Int64(codeOffset)
    }

    func bytes(code: [UInt8]) -> [UInt8] {
        let data = dataOffset(code)
        let end = data + Self.slotOffset + 8
        var file = LittleEndianBytes()
        file.add([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        file.add16([3, machine.number])  // ET_DYN
        file.add32([1])
        file.add64([0, 64, 0])
        file.add32([0])
        file.add16([64, 56, 4, 64, 0, 0])
        func segment(
            _ type: UInt32, _ flags: UInt32, _ offset: UInt64, _ address: UInt64, _ size: UInt64, _ align: UInt64
        ) {
            file.add32([type, flags])
            file.add64([offset, address, address, size, size, align])
        }
        segment(1, 5, 0, 0, codeOffset + UInt64(code.count), Self.page)  // PT_LOAD, r-x
        segment(1, 6, data, data + Self.page, end - data, Self.page)  // PT_LOAD, rw-
        segment(2, 6, data, data + Self.page, Self.slotOffset, 8)  // PT_DYNAMIC
        segment(0x6474_E551, 6, 0, 0, 0, 16)  // PT_GNU_STACK: or stacks become executable
        addTables(to: &file, slot: data + Self.page + Self.slotOffset)
        file.pad(to: codeOffset)
        file.add(code)
        file.pad(to: data)
        for (tag, value) in [
            (4, hashOffset), (5, namesOffset), (6, Self.headers), (10, UInt64(names.count)), (11, Self.symbolSize),
            (7, relocationOffset), (8, 24), (9, 24), (0, 0),
        ] as [(UInt64, UInt64)] { file.add64([tag, value]) }
        file.add64([0])
        return file.bytes
    }

    /// One bucket: six names need no search.
    private func addTables(to file: inout LittleEndianBytes, slot: UInt64) {
        var name: UInt32 = 1
        file.add64([0, 0, 0])
        func symbol(_ text: String, _ kind: UInt8, _ section: UInt16, _ value: UInt64) {
            file.add32([name])
            file.add([kind, 0])
            file.add16([section])
            file.add64([value, 0])
            name += UInt32(text.utf8.count) + 1
        }
        symbol(imported, 0x20, 0, 0)  // weak, undefined
        for function in functions { symbol(function.name, 0x12, 1, codeOffset + function.offset) }
        let count = UInt32(symbolCount)
        file.add32([1, count, 1, 0] + (1..<count).map { $0 + 1 < count ? $0 + 1 : 0 })
        file.add(names)
        file.pad(to: relocationOffset)
        file.add64([slot, 1 << 32 | machine.relocation, 0])
    }
}

/// Bytes in the making, numbers with the lowest byte first.
struct LittleEndianBytes {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ more: [UInt8]) { bytes += more }
    mutating func add16(_ numbers: [UInt16]) { for number in numbers { addNumber(number) } }
    mutating func add32(_ numbers: [UInt32]) { for number in numbers { addNumber(number) } }
    mutating func add64(_ numbers: [UInt64]) { for number in numbers { addNumber(number) } }
    mutating func pad(to size: UInt64) { bytes += [UInt8](repeating: 0, count: max(0, Int(size) - bytes.count)) }

    private mutating func addNumber(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}
