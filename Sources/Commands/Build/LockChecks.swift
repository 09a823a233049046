import Basics
import Fetching
import Foundation
import ImagePlanning

/// What a build with a lock needs, looked at before its first effect.
enum LockChecks {
    /// A build from a lock has a date, for it is to give the same image each time.
    static func prepare(_ request: inout BuildRequest) throws {
        guard !request.fetching.isFree else { return }
        let path = request.environment["PATH"] ?? "/usr/bin:/bin"
        let hasCurl = path.split(separator: ":").contains { access("\($0)/curl", X_OK) == 0 }
        guard hasCurl else {
            throw PlanError("a build with a lock fetches by 'curl', which is not installed", hint: "install curl")
        }
        if case .writes(let file) = request.fetching.kind, !FileManager.default.fileExists(atPath: file) { return }
        let file: String
        switch request.fetching.kind {
        case .free: return
        case .writes(let path), .locked(let path): file = path
        }
        let lock: BuildLock
        do { lock = try BuildLock.read(file) } catch let error as FetchError {
            throw PlanError(error.description, hint: error.hint)
        }
        guard lock.architecture == request.architecture.name else {
            throw PlanError(
                "the lock '\(file)' is of \(lock.architecture), the build of \(request.architecture.name)",
                hint: "each architecture has a lock of its own")
        }
        guard request.fetching.lockToRead != nil, request.environment.nonEmpty("SOURCE_DATE_EPOCH") == nil,
            let date = lock.date
        else { return }
        request.environment["SOURCE_DATE_EPOCH"] = String(date)
    }
}
