import FuzzTargets
import Glibc
import SystemPackage

/// libFuzzer's own `main`, which this program calls, since SwiftPM wants to name the entry point itself.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What every run needs, found once.
private struct Subject: Sendable {
    let target: FuzzTarget
    let scratch: FilePath

    static let current: Subject? = {
        guard let name = getenv("INGOT_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
            return nil
        }
        return Subject(target: target, scratch: FilePath("/dev/shm/ingot-fuzz.\(target).\(getpid())"))
    }()
}

private func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let subject = Subject.current else { return 0 }
    do {
        try subject.target.run(Array(UnsafeBufferPointer(start: data, count: count)), scratch: subject.scratch)
    } catch { preconditionFailure("\(error)") }
    return 0
}

/// Fuzzes one parser: `INGOT_FUZZ_TARGET=qcow2 ingot-fuzz CORPUS… [libFuzzer's options]`.
///
/// `INGOT_FUZZ_PACK=FILE` writes FILE as an input instead, for a corpus.
@main private struct FuzzDriver {
    static func main() throws {
        guard let subject = Subject.current else {
            print("INGOT_FUZZ_TARGET is none of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
            exit(2)
        }
        if let file = getenv("INGOT_FUZZ_PACK") {
            let bytes = try SparseInput.packing(FilePath(String(cString: file)), mendsChecksums: true)
            _ = try FileDescriptor.standardOutput.writeAll(bytes)
            return
        }
        defer { _ = subject.scratch.withPlatformString { unlink($0) } }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        let status = runDriver(&count, &arguments, testOneInput)
        exit(status)
    }
}
