import Basics
import DiskFormats
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Says of a failure that a disk is full, if it is: the tools and the kernel often name only the consequence.
    ///
    /// `tar` counts the bytes it could not write; a full disk under a loop device is an input/output error above it.
    /// To be asked at the moment of failure, before anything is removed.
    static func explain(
        _ error: any Error, writing subject: String, in directory: FilePath, hint: String
    ) -> any Error {
        if let failure = error as? DiskFormatError, failure.underlying == .noSpace {
            return AssemblyError(.invalidState, "cannot write \(subject): No space left on device", hint: hint)
        }
        guard let space = try? FilesystemSpace.of(directory), space.available < .mebibytes(1) else { return error }
        let message = "cannot write \(subject): No space left on device"
        switch error {
        case let failure as CommandFailure:
            return AssemblyError(
                .toolFailed(failure.commandLine, status: failure.status.shellStatus), message,
                lastLines: failure.lastLines, hint: hint)
        case let failure as SystemError:
            let text = "\(failure)"
            let isClear = text.contains("No space left on device")
            return AssemblyError(.invalidState, isClear ? text : "\(message) (\(text))", hint: hint)
        default: return error
        }
    }
}
