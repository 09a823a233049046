import SystemPackage
import TestSupport
import Testing

/// `docs/elements.md` and `docs/elements/` are made from the elements, and kept in step with them.
@Suite struct ElementDocumentsTests {
    @Test("the documents are what 'make element-docs' writes")
    func upToDate() throws {
        let result = try runTool(
            Checkout.ingot.string, ["element", "docs", "--check", Checkout.root.appending("docs").string],
            environment: ["PATH": "/usr/bin:/bin", "INGOT_SHARE": Checkout.root.string])
        #expect(result.status == 0, "\(result.output)")
    }
}
