import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

@Suite struct VariableStoreTests {
    /// A volume with an empty store of `size` bytes.
    private func flash(size: Int = 512) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 72)
        bytes.replaceSubrange(40..<44, with: Array("_FVH".utf8))
        bytes[48] = 72
        bytes += [0x78, 0x2C, 0xF3, 0xAA, 0x7B, 0x94, 0x9A, 0x43, 0xA1, 0x80, 0x2E, 0x14, 0x4E, 0xC3, 0x77, 0x92]
        bytes += UInt32(size).littleEndianBytes + [0x5A, 0xFE, 0, 0, 0, 0, 0, 0]
        return bytes + [UInt8](repeating: 0xFF, count: size - 28) + [0xEE]
    }

    /// The macro for expectations takes no mutating call.
    private func setting(_ store: inout VariableStore, _ name: String, to data: [UInt8]) -> Bool {
        store.set(name, to: data)
    }

    @Test func aVariableIsAddedBehindTheOthersAndReplacesItsOldSelf() throws {
        var store = try #require(VariableStore(flash()))
        let areSet = setting(&store, "A", to: [1, 2, 3]) && setting(&store, "B", to: [4])
        #expect(areSet)
        let first = 100
        // 60 bytes of header, four of name, three of data, rounded up to four.
        let second = first + 68
        #expect(store.bytes[first..<(first + 8)] == [0xAA, 0x55, 0x3F, 0, 7, 0, 0, 0])
        #expect(store.bytes[(first + 60)..<(first + 68)] == [0x41, 0, 0, 0, 1, 2, 3, 0xFF])
        #expect(store.bytes[second..<(second + 3)] == [0xAA, 0x55, 0x3F])
        let isSet = setting(&store, "A", to: [9])
        #expect(isSet)
        #expect(store.bytes[first + 2] == 0x3D)
        #expect(store.bytes[second + 2] == 0x3F)
        #expect(store.bytes.last == 0xEE)
    }

    @Test func aFullStoreIsLeftAsItIs() throws {
        var store = try #require(VariableStore(flash(size: 92)))
        let before = store.bytes
        let isSet = setting(&store, "A", to: [1])
        #expect(!isSet)
        #expect(store.bytes == before)
    }

    @Test(arguments: [0, 40, 80, 99]) func whatIsNoStoreIsRefused(damaged: Int) {
        var bytes = flash()
        bytes[damaged == 0 ? 48 : damaged] ^= 0xFF
        #expect(damaged == 99 || VariableStore(bytes) == nil)
        #expect(VariableStore(Array(bytes.prefix(damaged))) == nil)
    }

    /// Cut or scrambled flash images give nil or a store, and never more bytes than they had.
    @Test func noBytesHarmTheWalk() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            var bytes = flash()
            for _ in 0..<40 {
                bytes[Int.random(in: 72..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            bytes.replaceSubrange(72..<96, with: flash()[72..<96])
            bytes.replaceSubrange(100..<102, with: [0xAA, 0x55])
            guard var store = VariableStore(bytes) else { continue }
            _ = store.set("Boot0000", to: [1])
            #expect(store.bytes.count == bytes.count)
        }
    }

    private let esp = PartitionEntry(
        number: 2, start: 2 << 20, size: 300 << 20, type: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
        identifier: "E58EE8B1-2C99-B941-9390-40843775AFA8")

    @Test func aBootEntryNamesPartitionAndFile() throws {
        let table = PartitionTable(label: .gpt, diskIdentifier: "x", entries: [esp])
        let entry = try #require(BootEntry(loader: "EFI/debian/shimx64.efi", on: table))
        let variables = entry.variables
        #expect(variables.map(\.name) == ["Boot494E", "BootOrder"])
        #expect(variables[1].data == [0x4E, 0x49])
        let title = (Array("ingot boot-test".utf16) + [0]).flatMap(\.littleEndianBytes)
        let drive: [UInt8] = [4, 1, 42, 0, 2, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x60, 9, 0, 0, 0, 0, 0]
        let guid: [UInt8] = [
            0xB1, 0xE8, 0x8E, 0xE5, 0x99, 0x2C, 0x41, 0xB9, 0x93, 0x90, 0x40, 0x84, 0x37, 0x75, 0xAF, 0xA8, 2, 2,
        ]
        let name = (Array("\\EFI\\debian\\shimx64.efi".utf16) + [0]).flatMap(\.littleEndianBytes)
        let file: [UInt8] = [4, 4, UInt8(4 + name.count), 0] + name
        let path = drive + guid + file + [0x7F, 0xFF, 4, 0]
        #expect(variables[0].data == [1, 0, 0, 0, UInt8(path.count), 0] + title + path)
    }

    @Test func anMBRIsNamedByItsIdentifier() throws {
        var partition = esp
        partition.type = "ef"
        let table = PartitionTable(label: .mbr, diskIdentifier: "1d0c0de5", entries: [partition])
        let data = try #require(BootEntry(loader: "\\A.EFI", on: table)).variables[0].data
        let signature: [UInt8] = [0xE5, 0x0D, 0x0C, 0x1D] + [UInt8](repeating: 0, count: 12) + [1, 1]
        #expect(data.firstRange(of: signature) != nil)
    }

    @Test func aDiskWithoutESPHasNoEntry() {
        var partition = esp
        partition.type = "83"
        #expect(
            BootEntry(loader: "x", on: PartitionTable(label: .mbr, diskIdentifier: "0", entries: [partition])) == nil)
    }

    @Test(arguments: ["OVMF_VARS_4M.fd", "OVMF_VARS_4M.ms.fd"]) func realFlashTakesAVariable(name: String) throws {
        let path = "/usr/share/OVMF/\(name)"
        guard let data = FileManager.default.contents(atPath: path) else { return }
        var store = try #require(VariableStore([UInt8](data)))
        let isSet = setting(&store, "Boot494E", to: [0, 0])
        #expect(isSet)
        let record = try #require(store.bytes.firstRange(of: "Boot494E".utf16.flatMap(\.littleEndianBytes)))
        #expect(data[record.lowerBound] == 0xFF, "it must be written where the flash was erased")
    }
}
