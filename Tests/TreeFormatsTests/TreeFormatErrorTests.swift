import SystemPackage
import Testing

@testable import TreeFormats

@Suite struct TreeFormatErrorTests {
    @Test func aRefusedCallNamesTheVerbTheObjectAndTheKernelsReason() {
        let error = TreeFormatError.system("read", "/t/a b", Errno.permissionDenied)
        #expect("\(error)" == "cannot read '/t/a b': Permission denied")
        #expect(error.underlying == .permissionDenied && error.kind == .system)
    }
}
