import Foundation
import FuzzTargets
import SystemPackage
import TestSupport
import Testing

/// The inputs that fuzzing found worth keeping, run as ordinary tests.
@Suite struct CorpusReplayTests {
    static let corpus = Checkout.root.appending("Fuzz/Corpus")

    @Test(arguments: FuzzTarget.allCases) func everyKeptInputIsReadOrRefused(_ target: FuzzTarget) async throws {
        let folder = Self.corpus.appending(target.rawValue).string
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(!names.isEmpty)
        try await withScratchDirectory { scratch in
            for name in names {
                let input = try #require(FileManager.default.contents(atPath: "\(folder)/\(name)"))
                do { try target.run(Array(input), scratch: scratch.appending("image")) } catch {
                    Issue.record("\(target) \(name): \(error)")
                }
            }
        }
    }

    @Test func aPackedFileIsUnpackedAsItWas() async throws {
        try await withScratchDirectory { scratch in
            var bytes = [UInt8](repeating: 0, count: 70_001)
            for index in [0, 511, 3000, 66_000, 66_001] { bytes[index] = UInt8(index & 0x7F) | 1 }
            let (file, copy) = (scratch.appending("file"), scratch.appending("copy"))
            try Data(bytes).write(to: URL(fileURLWithPath: file.string))
            let input = try SparseInput.packing(file, mendsChecksums: false)
            #expect(input.count < 5000)
            try SparseInput(input).write(to: copy)
            #expect(FileManager.default.contents(atPath: copy.string) == Data(bytes))
        }
    }
}
