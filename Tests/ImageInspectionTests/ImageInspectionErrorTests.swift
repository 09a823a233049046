import Testing

@testable import ImageInspection

@Suite struct ImageInspectionErrorTests {
    @Test func itsTextIsOneLineWithTheAttemptAndTheReason() {
        let error = ImageInspectionError(.malformed, "read ext4 of 'x.img'", "block 7 is outside the file system")
        #expect("\(error)" == "cannot read ext4 of 'x.img': block 7 is outside the file system")
    }
}
