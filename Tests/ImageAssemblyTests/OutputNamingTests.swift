import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// How finished files get their names, and what becomes of older ones (compat-core section 7.7).
@Suite struct OutputNamingTests {
    private static let now = Date(timeIntervalSince1970: 1_795_248_900)

    /// The suffix of an old image, as GNU date writes it in this machine's zone.
    private var dated: String {
        get throws {
            try runTool("date", ["-d", "@1795248900", "+%Y.%m.%d-%H.%M.%S"]).output.replacing("\n", with: "")
        }
    }

    /// Publishes `new` as `name` in a directory with these files; gives the line and the directory's files with their texts.
    private func publish(
        as name: String, over files: KeyValuePairs<String, String>, keepsOld: Bool = true, overwrites: Bool = false
    ) async throws -> (line: String?, files: [String: String]) {
        try await withScratchDirectory { root in
            try write(files, below: root)
            try write(["partial": "new"], below: root)
            let naming = OutputNaming(overwritesOldImages: overwrites, now: Self.now)
            let line = try naming.publish(root.appending("partial"), as: root.appending(name), keepsOld: keepsOld)
            let texts = try names(in: root).map { ($0, text(root.appending($0)) ?? "") }
            return (line?.replacing(root.string + "/", with: ""), Dictionary(uniqueKeysWithValues: texts))
        }
    }

    @Test func aNewImageJustGetsItsName() async throws {
        let result = try await publish(as: "x.qcow2", over: [:])
        #expect(result.line == nil && result.files == ["x.qcow2": "new"])
    }

    @Test func anOlderImageKeepsItsChecksumsUnderItsDatedName() async throws {
        let old = "x-\(try dated)"
        let result = try await publish(
            as: "x.qcow2",
            over: ["x.qcow2": "old", "x.qcow2.md5": "m", "x.qcow2.sha256": "s", "x.raw": "other", "x.qcow2.sig": "i"])
        #expect(result.line == "Old image found. Renaming it to \(old).qcow2")
        #expect(
            result.files == [
                "x.qcow2": "new", "\(old).qcow2": "old", "\(old).qcow2.md5": "m", "\(old).qcow2.sha256": "s",
                "x.raw": "other", "x.qcow2.sig": "i",
            ])
    }

    @Test func onlyTheLastSuffixIsSetApart() async throws {
        let result = try await publish(as: "p.img.raw", over: ["p.img.raw": "old"])
        #expect(result.files.keys.contains("p.img-\(try dated).raw"))
    }

    @Test(arguments: [(false, false), (true, true), (false, true)])
    func anOlderImageIsReplacedWhereThatIsWanted(keepsOld: Bool, overwrites: Bool) async throws {
        let result = try await publish(
            as: "x.tar", over: ["x.tar": "old", "x.tar.md5": "m"], keepsOld: keepsOld, overwrites: overwrites)
        #expect(result.line == nil && result.files == ["x.tar": "new", "x.tar.md5": "m"])
    }

    @Test func aFileIsWrittenUnderAHiddenNameBesideItsOwn() {
        let partial = OutputNaming.partial(of: "/out/x.qcow2")
        #expect(partial.removingLastComponent() == "/out")
        #expect(partial.lastComponent?.string == ".x.qcow2.\(ProcessInfo.processInfo.processIdentifier).partial")
        #expect(OutputNaming.partial(of: "x.raw").removingLastComponent().isEmpty)
    }

    @Test func whatCannotBeRenamedIsNamed() async throws {
        try await withScratchDirectory { root in
            let naming = OutputNaming(overwritesOldImages: false, now: Self.now)
            let error = #expect(throws: AssemblyError.self) {
                try naming.publish(root.appending("none"), as: root.appending("x.raw"), keepsOld: true)
            }
            #expect(error?.message == "cannot rename '\(root)/none' to '\(root)/x.raw': No such file or directory")
        }
    }
}
