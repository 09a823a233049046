/// The hash by which ext filesystems order the names of a large directory: half MD4, with signed characters as on x86
/// unless the filesystem says otherwise.
///
/// Source: the kernel's documentation of ext4, "Hash Tree Directories"; checked against debugfs.
package struct ExtNameHash: Sendable {
    private let seed: [UInt32]
    private let isUnsigned: Bool

    package init(seed: [UInt32], isUnsigned: Bool = false) {
        self.isUnsigned = isUnsigned
        let isSet = seed.count == 4 && seed.contains { $0 != 0 }
        self.seed = isSet ? seed : [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    }

    /// The words of a UUID as the superblock holds them.
    package static func seed(uuid: String) -> [UInt32] {
        let digits = uuid.filter(\.isHexDigit)
        guard digits.count == 32 else { return [] }
        var words: [UInt32] = []
        var rest = Substring(digits)
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return [] }
            words.append(word.byteSwapped)
            rest = rest.dropFirst(8)
        }
        return words
    }

    package func hash(_ name: [UInt8]) -> UInt32 {
        var state = seed
        var start = 0
        while start < name.count {
            Self.mix(&state, with: words(of: name[start...]))
            start += 32
        }
        let hash = state[1] & ~1
        return hash == 0xFFFF_FFFE ? 0xFFFF_FFFC : hash
    }

    /// Eight words of up to 32 bytes, filled up with the length.
    private func words(of bytes: ArraySlice<UInt8>) -> [UInt32] {
        let length = UInt32(truncatingIfNeeded: bytes.count)
        let short = length | length << 8
        let filler = short | short << 16
        var words: [UInt32] = []
        var value = filler
        for (index, byte) in bytes.prefix(32).enumerated() {
            let character = isUnsigned ? UInt32(byte) : UInt32(bitPattern: Int32(Int8(bitPattern: byte)))
            value = character &+ value << 8
            if index % 4 == 3 {
                words.append(value)
                value = filler
            }
        }
        if words.count < 8 { words.append(value) }
        while words.count < 8 { words.append(filler) }
        return words
    }

    /// Per round: the function, its constant, the order of the words, the shifts.
    private static func mix(_ state: inout [UInt32], with words: [UInt32]) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        func step(_ value: UInt32, _ word: UInt32, _ shift: UInt32) {
            let sum = a &+ value &+ word
            (a, b, c, d) = (d, sum << shift | sum >> (32 - shift), b, c)
        }
        for (index, shift) in zip([0, 1, 2, 3, 4, 5, 6, 7], [3, 7, 11, 19, 3, 7, 11, 19] as [UInt32]) {
            step(d ^ (b & (c ^ d)), words[index], shift)
        }
        for (index, shift) in zip([1, 3, 5, 7, 0, 2, 4, 6], [3, 5, 9, 13, 3, 5, 9, 13] as [UInt32]) {
            step((b & c) &+ ((b ^ c) & d), words[index] &+ 0x5A82_7999, shift)
        }
        for (index, shift) in zip([3, 7, 2, 6, 1, 5, 0, 4], [3, 9, 11, 15, 3, 9, 11, 15] as [UInt32]) {
            step(b ^ c ^ d, words[index] &+ 0x6ED9_EBA1, shift)
        }
        state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }
}
