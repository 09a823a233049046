import Foundation
import Provenance
import SystemPackage
import TestSupport
import Testing

@Suite("SBOM and provenance documents")
struct DocumentTests {
    @Test("The same image gives the same bytes, another one another identifier", arguments: BillFormat.allCases)
    func identity(format: BillFormat) throws {
        let document = try format.document(of: Sample.bill())
        #expect(try document == format.document(of: Sample.bill()))
        let other = try format.document(of: Sample.bill { $0.version = "14.2.0-20" })
        #expect(try identifier(document) != identifier(other))
        let moved = try format.document(of: Sample.bill { $0.origin = .init(element: "vm", hook: "install/10-x") })
        #expect(try identifier(document) != identifier(moved))
    }

    private func identifier(_ document: Data) throws -> String {
        let value = try #require(try JSONSerialization.jsonObject(with: document) as? [String: Any])
        return try #require((value["serialNumber"] ?? value["documentNamespace"]) as? String)
    }

    @Test("Packages say which element and hook have installed them")
    func attribution() throws {
        let spdx = String(decoding: try BillFormat.spdx.document(of: Sample.bill()), as: UTF8.self)
        #expect(spdx.contains("installed by element debian-minimal, hook root/08-debootstrap"))
        let cyclone = String(decoding: try BillFormat.cyclonedx.document(of: Sample.bill()), as: UTF8.self)
        #expect(cyclone.contains("\"ingot:hook\""))
        #expect(cyclone.contains("\"root/08-debootstrap\""))
    }

    @Test("Lists of formats", arguments: [("spdx", 1), ("cyclonedx,spdx,spdx", 2), ("", 0)])
    func lists(text: String, count: Int) { #expect(BillFormat.list(text)?.count == count) }

    @Test("What is no list of formats", arguments: ["cdx", "spdx,", ",", "SPDX", "spdx cyclonedx"])
    func noLists(text: String) { #expect(BillFormat.list(text) == nil) }

    @Test("Provenance without a date states no times, and other parameters are another invocation")
    func provenance() throws {
        let text = String(decoding: try DocumentText.json(try Sample.statement()), as: UTF8.self)
        #expect(text.contains("\"startedOn\" : \"2023-11-14T22:13:20Z\""))
        #expect(try text == String(decoding: DocumentText.json(try Sample.statement()), as: UTF8.self))
        let other = String(decoding: try DocumentText.json(try Sample.statement(["ubuntu"])), as: UTF8.self)
        func invocation(_ text: String) -> Substring? {
            text.split(separator: "\n").first { $0.contains("invocationId") }
        }
        #expect(invocation(text) != nil)
        #expect(invocation(text) != invocation(other))
    }

    @Test("The formats' own schemas and readers accept the documents", .requires(.documentJudges))
    func schemas() async throws {
        try await withScratchDirectory { scratch in
            func file(_ name: String) -> URL { URL(filePath: scratch.appending(name).string) }
            for format in BillFormat.allCases {
                try format.document(of: Sample.bill()).write(to: file(format.rawValue))
            }
            try DocumentText.json(try Sample.statement()).write(to: file("provenance"))
            #expect(try judge(scratch) == ToolResult(status: 0, output: "cyclonedx ok\nspdx ok\nprovenance ok\n"))
            // The judges are awake: each refuses a document with one word changed.
            for (name, from, to) in [
                ("cyclonedx", "\"library\"", "\"thing\""), ("spdx", "VARIANT_OF", "VARIANT_ON"),
                ("provenance", "\"uri\"", "\"url\""), ("provenance", "slsa.dev", "slsa.invalid"),
            ] {
                let whole = try String(contentsOf: file(name), encoding: .utf8)
                try Data(whole.replacing(from, with: to).utf8).write(to: file(name))
                #expect(try judge(scratch).status == 1, "\(name): \(from)")
                try Data(whole.utf8).write(to: file(name))
            }
        }
    }

    private func judge(_ folder: FilePath) throws -> ToolResult {
        let script = Checkout.root.appending("Tests/ProvenanceTests/Judges/judge.py")
        return try runTool(HostAbility.judges, [script.string, folder.string])
    }
}
